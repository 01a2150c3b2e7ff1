#!/usr/bin/env python3
"""mischief_lab.py - what is wrong between the Edge and the world, by its rule.

In a whole lab of a topology something beside the Edge Servers is set up
wrongly: NAT, load balancer, routes, DNS. The rule that it breaks is named,
and nothing that has to do with none of it.
"""

import concurrent.futures
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import lab  # noqa: E402
import network  # noqa: E402
from tally import Tally  # noqa: E402

BAD = "blocked", "wrong", "warn"
AV_GROUP = "'{ 192.0.2.30, 192.0.2.31 }'"
RELAY_UDP = "ext.av.stun-msturn.udp3478.in"
RELAY_TCP = "ext.av.stun-msturn.tcp443.in"


def shell(net, place, *lines):
    net.run(place, "sh", "-e", "-c", "\n".join(lines))


def source_nat_of_av(net):
    """The load balancer puts itself in front of A/V, too."""
    rule = f"nft insert rule ip balance out ct status dnat ip daddr {AV_GROUP}"
    shell(net, "hlb", f"{rule} udp dport 3478 snat to 192.0.2.52",
          f"{rule} tcp dport 443 snat to 192.0.2.52")


def source_nat_by_firewall(net):
    """Whoever comes seems to be the firewall."""
    shell(net, "outer", "nft insert rule ip translate out oifname ext0 "
          "ip saddr != 10.45.16.0/24 snat to 10.45.16.1")


def no_hairpin(net):
    """Public addresses are translated for the Internet alone."""
    net.spaces.nft("outer", "delete table ip translate\n" +
                   net.translations().replace("ip daddr",
                                              "iifname net0 ip daddr"))


def direct_return(net):
    """Answers go past the load balancer, and no firewall stops them."""
    shell(net, "outer", "nft delete table inet edge_external")
    for node in net.nodes:
        net.run(node, "ip", "route", "replace", "default", "via",
                "192.0.2.1")


def dead_node(net):
    """The load balancer goes on sending clients to it."""
    net.run("edge2", "ip", "link", "set", "eth0", "down")


def private_record(net):
    """The external zone has an address of the inside."""
    path = net.here.files / "dns-outside/contoso.com.zone"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("192.0.2.10", "10.45.16.10"),
                    encoding="utf-8")
    net.here.stop("dns-outside")
    net.run_nsd("dns-outside", "internet")


# name: (sample, product or None, faults of edgesim, what is done,
#        {row: state} that must be among the rows, findings)
CASES = {
    "source_nat_of_av": (
        "scaled-hlb", "lync2013", [], source_nat_of_av,
        {"hlb.no-snat-av": "wrong", "hlb.av-no-source-change": "wrong",
         "av.must-see-source": "wrong"}, {"av.source-nat"}),
    "source_nat_by_the_firewall": (
        "single-nat", None, [], source_nat_by_firewall,
        {"nat.keep-source": "wrong", "av.must-see-source": "wrong"},
        {"av.source-nat"}),
    "no_hairpin": (
        "scaled-dnslb-nat", None, [], no_hairpin,
        {"nat.edge-to-edge-av": "blocked", "av.edge-to-edge": "warn"},
        {"av.edge-to-edge"}),
    "an_answer_from_another_address": (
        "scaled-hlb", "lync2013", [], direct_return,
        {"hlb.reply-from-target": "wrong", RELAY_UDP: "wrong",
         RELAY_TCP: "blocked"}, {"av.reply-elsewhere", "av.tcp-blocked"}),
    "the_vip_as_relay": (
        "scaled-hlb", None, ["av-alternate-other"], None,
        {RELAY_UDP: "wrong", RELAY_TCP: "wrong"}, {"av.alternate-vip"}),
    "a_dead_node_behind_the_vip": (
        "scaled-hlb", None, [], dead_node,
        {RELAY_UDP: "blocked", RELAY_TCP: "blocked",
         "hlb.members-answer": "wrong"}, {"av.blocked",
                                          "hlb.member-missing"}),
    "a_private_address_in_dns": (
        "single-nat", None, [], private_record,
        {name: "wrong" for name in (
            "dns.no-private-outside", "a.access", "srv.sip-tls",
            "srv.sipfed", "dns.sip-tls-required", "dns.sipfed-discovery")},
        {"dns.no-private-outside"}),
}
# Which connection meets the dead node is the load balancer's choice.
MAY = {"a_dead_node_behind_the_vip": {
    "ext.access.sip-tls.tcp443.in", "ext.access.sip-mtls.tcp5061.in",
    "ext.webconf.psom-tls.tcp443.in", "access.blocked", "webconf.blocked",
    "federation.blocked", "net.unsteady"}}


def look(net):
    document = net.document("-t", net.topology, "--timeout", "1",
                            "--credentials", net.credentials)
    rows = {}
    for verdict in document["verdicts"]:
        if verdict["state"] in BAD and verdict["needed"]:
            name = verdict["flow"] or verdict["requirement"]
            # of several nodes the worst, and BAD begins with that
            rows[name] = min(rows.get(name, "~"),
                             f"{verdict['state']}: {verdict['because']}",
                             key=lambda text: BAD.index(text.split(":")[0])
                             if ":" in text else len(BAD))
    return rows, sorted({found["id"] for found in document["findings"]
                         if found["severity"] != "info"})


def inside(name):
    sample, product, faults, act, *_ = CASES[name]
    here = lab.Lab()
    here.edgesim = lab.BUILD / "edgesim"
    text = network.sample_file(sample).read_text(encoding="utf-8")
    if product:
        text = text.replace("product = sfb2019", f"product = {product}")
    net = network.Network(here, here.topology(text))
    net.start_all(faults)
    before = look(net) if act else ({}, [])
    if act:
        act(net)
    rows, findings = look(net)
    json.dump({"before": before, "rows": rows, "findings": findings},
              sys.stdout)


def problems_of(name, result):
    *_, wanted, findings = CASES[name]
    if result["before"] != [{}, []]:
        yield f"before: {result['before']}"
    for row, state in wanted.items():
        if not result["rows"].get(row, "").startswith(state):
            yield f"{row} is {result['rows'].get(row)}, not {state}"
    may = MAY.get(name, set())
    for row in sorted(set(result["rows"]) - set(wanted) - may):
        yield f"{row} is {result['rows'][row]}"
    if set(result["findings"]) - may != findings:
        yield f"found {result['findings']}, not {sorted(findings)}"


def run_case(name):
    code, out, err = lab.enclosed(__file__, ["--inside", name], [])
    return json.loads(out) if not code else f"exit {code}: {err[-3000:]}"


def main(arguments):
    if arguments[:1] == ["--inside"]:
        inside(arguments[1])
        return
    lab.need_namespaces()
    tally = Tally()
    chosen = arguments or list(CASES)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for name, result in zip(chosen, pool.map(run_case, chosen)):
            tally.check(f"names_{name}", result.split("\n") if
                        isinstance(result, str) else
                        problems_of(name, result))
    tally.finish()


if __name__ == "__main__":
    main(sys.argv[1:])
