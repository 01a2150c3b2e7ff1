/*
 * msturn_vectors.h - messages as hexadecimal text: the vectors computed from
 * [MS-TURN] and cross-checked with Wireshark and libnice, and what they share.
 */
#ifndef TESTS_COMMON_WIRE_MSTURN_VECTORS_H
#define TESTS_COMMON_WIRE_MSTURN_VECTORS_H

#define VECTOR_USERNAME                                                        \
	"0100002000000000000000007ced5822a1917d156c15fcd31ae52561226692e7"     \
	"09f25df9a6921facfbf5c471806aa198eb9a1392"

#define VECTOR_PASSWORD "efb3dcc1b2500cc7d6f647b881f5b2b1999e60ea"

#define VECTOR_KEY "a34ad4952bc65774741035fe06ca50ca"

#define VECTOR_CONNECTION_ID "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3"

#define VECTOR_NONCE "f81d4fae7dec11d0a76500a0c91e6bf6-1"
#define VECTOR_REALM "rtcmedia"

/* Allocate request, no credentials (the standard unauthenticated probe) */
#define V1                                                                     \
	"000300102112a442111111111111111111111111000f000472c64bc680080004"     \
	"00000001"

/* same with a fully random transaction ID */
#define V1R                                                                    \
	"0003001030b1c2d3e4f5061728394a5b6c7d8e9f000f000472c64bc680080004"     \
	"00000001"

/* 401 challenge to V1 */
#define V2                                                                     \
	"011300622112a442111111111111111111111111000f000472c64bc600090010"     \
	"00000401556e617574686f72697a65648008000400000001000e000800010d96"     \
	"c000021400140022663831643466616537646563313164306137363530306130"     \
	"63393165366266362d31001500087274636d65646961"

/* Allocate request with integrity */
#define V3                                                                     \
	"0003009a2112a442222222222222222222222222000f000472c64bc680080004"     \
	"000000018055000400010000000600340100002000000000000000007ced5822"     \
	"a1917d156c15fcd31ae52561226692e709f25df9a6921facfbf5c471806aa198"     \
	"eb9a139200140022663831643466616537646563313164306137363530306130"     \
	"63393165366266362d31001500087274636d6564696100080014c2b7701c9cec"     \
	"5653ef5c6e98815ea75888c947b3"

/* Allocate success (relay + reflexive) */
#define V4                                                                     \
	"0103006c2112a442222222222222222222222222000f000472c64bc680080004"     \
	"00000001000100080001c3cbc0000214802000080001f523e112a648000d0004"     \
	"0000025800100004000002ee80500018a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"     \
	"b0b1b2b300000000000800148f46fba76b8a6939071e8f6818114a144e3272a4"

/* Send request (22-byte DATA, unaligned) */
#define V5                                                                     \
	"000400a22112a442333333333333333333333333000f000472c64bc680080004"     \
	"0000000180500018a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b300000001"     \
	"000600340100002000000000000000007ced5822a1917d156c15fcd31ae52561"     \
	"226692e709f25df9a6921facfbf5c471806aa198eb9a13920011000800019c40"     \
	"c633641e001300166564676570726f62652072656c6179207465737420310008"     \
	"001497d5d1e4ea8d2c05da6806e66d756ce0662af8b3"

/* Data Indication (25-byte DATA, no integrity) */
#define V6                                                                     \
	"011500312112a442444444444444444444444444000f000472c64bc600120008"     \
	"00019c40c633641e001300196564676570726f62652072656c61792074657374"     \
	"2031206f6b"

/* Set Active Destination request */
#define V7                                                                     \
	"000600882112a442555555555555555555555555000f000472c64bc680080004"     \
	"0000000180500018a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b300000002"     \
	"000600340100002000000000000000007ced5822a1917d156c15fcd31ae52561"     \
	"226692e709f25df9a6921facfbf5c471806aa198eb9a13920011000800019c40"     \
	"c633641e000800142a6f1dcbb706e72e0cc8dccb2ade3ec2c6623fe0"

/* Set Active Destination response */
#define V8                                                                     \
	"010600442112a442555555555555555555555555000f000472c64bc680080004"     \
	"0000000180500018a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b300000002"     \
	"00080014b44ae2805af8a3ef794623fac4c464a550c4c247"

/* release: Allocate with LIFETIME 0 */
#define V9                                                                     \
	"000300b62112a442666666666666666666666666000f000472c64bc680080004"     \
	"0000000180500018a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b300000003"     \
	"000d000400000000000600340100002000000000000000007ced5822a1917d15"     \
	"6c15fcd31ae52561226692e709f25df9a6921facfbf5c471806aa198eb9a1392"     \
	"0014002266383164346661653764656331316430613736353030613063393165"     \
	"366266362d31001500087274636d6564696100080014e7f7420bcee25c4c5a01"     \
	"675192f222aedb5a51af"

/* 438 Stale Nonce */
#define V10                                                                    \
	"011300552112a442666666666666666666666666000f000472c64bc60009000f"     \
	"000004265374616c65204e6f6e63658008000400000001001400226638316434"     \
	"6661653764656331316430613736353030613063393165366266362d32001500"     \
	"087274636d65646961"

/* IPv6 decoding only (no integrity; MS-Version 4) */
#define V11                                                                    \
	"010300702112a442777777777777777777777777000f000472c64bc680080004"     \
	"00000004000100080001c3ccc0000214809000140002c3cd20010db800000000"     \
	"0000000000000020802000140002f5230113a9fa777777767777777777777767"     \
	"000d00040000025880500018a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3"     \
	"00000000"

/* Multiplexed TURN data frame */
#define V12                                                                    \
	"ff10001e0123456789abcdef6564676570726f62652072656c61792074657374"     \
	"2031"

/* pseudo-TLS ClientHello */
#define V13C                                                                   \
	"160301002d0100002903016553f1000102030405060708090a0b0c0d0e0f1011"     \
	"12131415161718191a1b1c00000200180100"

/* pseudo-TLS ServerHello + ServerHelloDone */
#define V13S                                                                   \
	"160301004e0200004603016553f1008182838485868788898a8b8c8d8e8f9091"     \
	"92939495969798999a9b9c20c0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3"     \
	"d4d5d6d7d8d9dadbdcdddedf0018000e000000"

/* TCP frame, control, containing V1 */
#define V14                                                                    \
	"02000024000300102112a442111111111111111111111111000f000472c64bc6"     \
	"8008000400000001"

/* TCP frame, end-to-end data */
#define V15 "030000166564676570726f62652072656c617920746573742031"

/* RFC 5766 Allocate request without credentials, for contrast */
#define V16 "000300082112a4428888888888888888888888880019000411000000"

#endif
