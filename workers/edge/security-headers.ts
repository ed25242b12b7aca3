// What every answer tells a browser that shows it by itself: that it is data, not a page (OWASP REST Security Cheat Sheet).
// Whatever serves pages or media says otherwise for itself. Strict-Transport-Security goes over TLS alone (RFC 6797 section
// 7.2): whoever is on the way of plain http could have written it.

const fields: [name: string, value: string][] = [
  ['x-content-type-options', 'nosniff'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['referrer-policy', 'no-referrer'],
]

/** A 304 is about what the browser has already, and came with a policy of its own: a cache would put this one in its place. */
const notOn304 = 'content-security-policy'

const overTlsAlone: (typeof fields)[number] = ['strict-transport-security', 'max-age=63072000; includeSubDomains']

/** `isSecure`: the request came over TLS, as its URL says; Cloudflare ends TLS and keeps the scheme. */
export function stampSecurity(headers: Headers, status: number, isSecure: boolean): void {
  if (isSecure) headers.set(...overTlsAlone)
  for (const [name, value] of fields) if (!headers.has(name) && !(status === 304 && name === notOn304)) headers.set(name, value)
}
