// Paths and grants that mean to reach what is not theirs to reach.

/** Of a path `a/b`, everything that some decoder, somewhere on the way, might read as it: from a place that may be read. */
export function climbing(target: string, workspaceId: string, mediaId: string): string[] {
  const own = `${workspaceId}/${mediaId}`
  const [first = '', ...rest] = target.split('/')
  const slashes = ['%2f', '%2F', '%252f', '%5c', '\\', '%c0%af', '%ef%bc%8f', '%u2215', ';/', '%00/']
  const ups = ['..', '%2e%2e', '.%2e', '%252e%252e', '%c0%ae%c0%ae', '..;', '..%00', '...']
  return [
    target,
    target.replaceAll('/', '%2f'),
    target.replaceAll('/', '%252f'),
    `${first}%00/${rest.join('/')}`,
    `${first}/${rest.join('/')}%00`,
    `${first}/${rest.join('/')}%2500.txt`,
    `%00${target}`,
    `${first}//${rest.join('/')}`,
    `./${target}`,
    `${encodeURIComponent(encodeURIComponent(target))}`,
    `${first.toUpperCase() === first ? first.toLowerCase() : first.toUpperCase()}/${rest.join('/')}`,
    `%20${target}`,
    `${first}%20/${rest.join('/')}`,
    `${first}.../${rest.join('/')}`,
    ...ups.map((up) => `${own}/${up}/${up}/${target}`),
    ...slashes.map((slash) => `${own}${slash}..${slash}..${slash}${target.replaceAll('/', slash)}`),
    ...ups.map((up) => `${workspaceId}/${up}%2f${target.replaceAll('/', '%2f')}`),
    `${workspaceId}/${'x'.repeat(5000)}`,
    `${'x'.repeat(5000)}/${mediaId}`,
    `${workspaceId}/${mediaId}${'/..'.repeat(50)}/${target}`,
  ]
}

/** By what is wrong with them. `signatures` are good ones of ours for something else. */
export function forgedGrants({ ours, theirs }: { ours: string; theirs: string }, signatures: string[]): Record<string, string> {
  const [payload = '', signature = ''] = ours.split('.')
  const [theirPayload = '', theirSignature = ''] = theirs.split('.')
  const said = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  const saying = (over: Record<string, unknown>) => Buffer.from(JSON.stringify({ ...said, ...over })).toString('base64url')
  const their = JSON.parse(Buffer.from(theirPayload, 'base64url').toString()) as Record<string, unknown>
  return {
    'their workspace under our signature': `${saying({ workspaceId: their.workspaceId })}.${signature}`,
    'their grant under our signature': `${theirPayload}.${signature}`,
    'our grant under their signature': `${payload}.${theirSignature}`,
    'more bytes': `${saying({ size: 5_000_000_000 })}.${signature}`,
    'more time': `${saying({ expiresAtMs: 9_999_999_999_999 })}.${signature}`,
    'a prototype': `${Buffer.from('{"__proto__":{"workspaceId":"x"}}').toString('base64url')}.${signature}`,
    'no signature': payload,
    'an empty signature': `${payload}.`,
    'no payload': `.${signature}`,
    'a signature that is cut': ours.slice(0, -1),
    'a signature with a character more': `${ours}A`,
    'a signature that is padded': `${ours}=`,
    'another last character': `${ours.slice(0, -1)}${ours.endsWith('A') ? 'B' : 'A'}`,
    'three parts': `${ours}.${signature}`,
    'another case': ours.toLowerCase(),
    ...Object.fromEntries(signatures.map((other, i) => [`a signature for something else, ${i}`, `${theirPayload}.${other.slice(0, 43)}`])),
    'twice encoded': encodeURIComponent(theirs).replaceAll('.', '%252e'),
    'a NUL': `${theirs}%00`,
    'a NUL inside': theirs.replace('.', '%00.'),
    'a line end': `${theirs}%0a`,
    'a space': `%20${theirs}`,
    'a climb': `..%2f${theirs}`,
    'a climb, twice encoded': `..%252f${theirs}`,
    'far too long': `${'A'.repeat(10_000)}.${signature}`,
    'far too long a signature': `${payload}.${'A'.repeat(10_000)}`,
    'no base64': `%F0%9F%98%80.${signature}`,
    'no UTF-8': `%FF.${signature}`,
    nothing: '%20',
  }
}
