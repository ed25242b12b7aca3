// Which mailbox an address ends up in, as far as an address can tell: many addresses are one person's, and what is mailed to
// a person is counted by person. For counting only: who somebody is goes by the address as it is (email-hash.ts). Where a
// provider delivers `ada+1` elsewhere than `ada`, the two share a budget of mails and nothing else.

/** Gmail delivers by the letters alone: https://support.google.com/mail/answer/7436150 */
const ignoresDots = new Set(['gmail.com', 'googlemail.com'])

/** `address` has an `@`. */
export function mailboxOf(address: string): string {
  const lower = address.toLowerCase()
  const at = lower.lastIndexOf('@')
  const [local, domain] = [lower.slice(0, at), lower.slice(at + 1)]
  // Subaddressing (RFC 5233): what follows the plus sign is the owner's own. A local part that begins with one has no other.
  const plus = local.indexOf('+', 1)
  const owner = plus < 0 ? local : local.slice(0, plus)
  return ignoresDots.has(domain) ? `${owner.replaceAll('.', '')}@gmail.com` : `${owner}@${domain}`
}
