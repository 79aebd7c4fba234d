/** Ends of names that mean this machine, its network or its cloud, whoever is asked for them. */
const LOCAL_ENDS: readonly string[] = [
  "localhost",
  "localdomain",
  "local",
  "internal",
  "intranet",
  "private",
  "corp",
  "home",
  "lan",
  "home.arpa",
  "in-addr.arpa",
  "ip6.arpa",
  "onion",
  "invalid",
];

/** Whether a name is known to lead inwards without being asked for. Names without a dot are of the local network. */
export function isLocalName(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.+$/, "");
  return !name.includes(".") || LOCAL_ENDS.some((end) => name.endsWith(`.${end}`));
}
