import { networkInterfaces } from "node:os";
import ipaddr from "ipaddr.js";

/** All addresses that may be asked begin so; the rest of IPv6 is local, mapped, or nobody's yet. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");
/** Leads to the IPv4 address in the last 32 bits: networks without IPv4 reach the world through it. */
const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
/** Looks public, and answers every machine in Azure with its settings. */
const AZURE_PLATFORM = "168.63.129.16";

/** Whether an address, in the form that resolvers give, belongs to the internet: not to this machine, its network or its cloud. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv4) return isPublicIpv4(parsed);
  // An address with a zone is of one cable.
  if (!(parsed instanceof ipaddr.IPv6) || parsed.zoneId) return false;
  if (parsed.match(NAT64)) return isPublicIpv4(new ipaddr.IPv4(parsed.toByteArray().slice(12)));
  return parsed.match(GLOBAL_UNICAST) && parsed.range() === "unicast" && !isOurs(parsed.toString());
}

function isPublicIpv4(address: ipaddr.IPv4): boolean {
  const text = address.toString();
  return address.range() === "unicast" && text !== AZURE_PLATFORM && !isOurs(text);
}

/** Services that listen on all addresses of this machine are reached through its public one, too. */
function isOurs(address: string): boolean {
  return Object.values(networkInterfaces()).some((list) =>
    list?.some((own) => ipaddr.isValid(own.address) && ipaddr.parse(own.address).toString() === address),
  );
}
