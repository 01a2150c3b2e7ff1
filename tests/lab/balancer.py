"""balancer.py - a hardware load balancer, as rules of nftables.

Connections to a VIP go to one node after the other, and stay there. Where
the file has source-nat, the nodes see the VIP as the source; the A/V Edge
never. The balancer is the gateway of the nodes, so that answers come back
through it; what the Edge says to partners, or to the next hop inside, leaves
as the VIP.
"""

# What the internal VIP carries: access and A/V, never the others.
INSIDE = [("tcp", 5061), ("tcp", 5062), ("tcp", 443), ("udp", 3478)]
TO_PARTNERS = {"access": [5061], "xmpp": [5269]}


def spread(vip, transport, port, nodes):
    choice = ", ".join(f"{i} : {node}" for i, node in enumerate(nodes))
    return (f"ip daddr {vip} {transport} dport {port} dnat ip to "
            f"numgen inc mod {len(nodes)} map {{ {choice} }}")


def pairs(deployment, vip):
    """(service, address of the VIP, addresses of the nodes), IPv4."""
    for service in vip.addresses:
        nodes = [node.at(service)[0] for node in deployment.edges
                 if node.at(service)]
        if vip.at(service) and nodes:
            yield service, vip.at(service)[0], nodes


def external_rules(deployment, vip):
    changed = deployment.words("balancer", "source-nat", [])
    for service, address, nodes in pairs(deployment, vip):
        group = ", ".join(nodes)
        for transport, port in deployment.listeners(service):
            yield "in", spread(address, transport, port, nodes)
            if service in changed and transport == "tcp":
                yield "out", (f"ct status dnat ip daddr {{ {group} }} "
                              f"{transport} dport {port} snat to {address}")
        for port in TO_PARTNERS.get(service, []):
            yield "out", (f"ip saddr {{ {group} }} tcp dport {port} "
                          f"snat to {address}")


def internal_rules(deployment, vip):
    nodes = [node.internal for node in deployment.edges if node.internal]
    if vip.internal:
        for transport, port in INSIDE:
            yield "in", spread(vip.internal, transport, port, nodes)
        yield "out", (f"ip saddr {{ {', '.join(nodes)} }} tcp dport 5061 "
                      f"snat to {vip.internal}")


def rules_of(deployment):
    """The ruleset; without a VIP, an empty one."""
    rules = {"in": [], "out": []}
    for vip in deployment.balancers:
        for chain, rule in [*external_rules(deployment, vip),
                            *internal_rules(deployment, vip)]:
            rules[chain].append(rule)
    return "\n".join([
        "table ip balance {", "chain in {",
        "type nat hook prerouting priority dstnat;", *rules["in"], "}",
        "chain out {", "type nat hook postrouting priority srcnat;",
        *rules["out"], "}", "}", ""])
