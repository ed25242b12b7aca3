// An e-mail address as people have one: a mailbox of RFC 5321 section 4.1.2 whose local part is a dot-string (no quoted
// one) and whose domain has a top level (no host alone, no address in brackets), so that mail can be sent there. In ASCII, as
// the contract's `format: email` is; a domain of another script is taken, and written as the DNS has it (RFC 5890).

import { z } from 'zod'

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
const topLevel = '(?:[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{0,58}[A-Za-z0-9])'

const mailbox = new RegExp(`^(?=.{1,64}@)${atom}(?:\\.${atom})*@(?:${label}\\.)+${topLevel}$`)

export const email = z
  .string()
  .overwrite(withDnsDomain)
  .max(254, { abort: true })
  .email({ pattern: mailbox, error: 'Not an e-mail address.' })

/** Unchanged where the domain is ASCII, or is none: the pattern judges it. */
function withDnsDomain(address: string): string {
  const at = address.lastIndexOf('@')
  const domain = address.slice(at + 1)
  if (address.length > 254 || !/[^ -~]/.test(domain) || /[\s/?#@:\\%[\]]/.test(domain)) return address
  const url = URL.canParse(`http://${domain}`) ? new URL(`http://${domain}`) : null
  return url === null ? address : `${address.slice(0, at)}@${url.hostname}`
}
