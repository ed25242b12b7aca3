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

/** By what is wrong with them. A grant is sealed as one text; `signatures` are good ones of ours for something else. */
export function forgedGrants({ ours, theirs }: { ours: string; theirs: string }, signatures: string[]): Record<string, string> {
  const open = (said: object) => Buffer.from(JSON.stringify(said)).toString('base64url')
  const [half, changed] = [
    Math.floor(ours.length / 2),
    (at: number) => ours.slice(0, at) + (ours[at] === 'A' ? 'B' : 'A') + ours.slice(at + 1),
  ]
  return {
    'their end under our beginning': ours.slice(0, half) + theirs.slice(half),
    'our end under their beginning': theirs.slice(0, half) + ours.slice(half),
    'another beginning': changed(0),
    'other content': changed(half),
    'another end': changed(ours.length - 10),
    'another last character': `${ours.slice(0, -1)}${ours.endsWith('A') ? 'B' : 'A'}`,
    'one that is not sealed': open({ workspaceId: 'x', expiresAtMs: 9_999_999_999_999 }),
    'a prototype': open(JSON.parse('{"__proto__":{"workspaceId":"x"}}')),
    'one as they were once signed': `${open({ workspaceId: 'x' })}.${'A'.repeat(43)}`,
    'one that is cut': ours.slice(0, -1),
    'one that is cut at its beginning': ours.slice(1),
    'no more than a seal': ours.slice(0, 38),
    'one with a character more': `${ours}A`,
    'one that is padded': `${ours}=`,
    'two of them': `${ours}${theirs}`,
    'two parts': `${ours}.${theirs}`,
    'another case': ours.toLowerCase(),
    ...Object.fromEntries(signatures.map((other, i) => [`what was sealed for something else, ${i}`, other])),
    'twice encoded': `%25${theirs.slice(1)}`,
    'a NUL': `${theirs}%00`,
    'a NUL inside': `${theirs.slice(0, half)}%00${theirs.slice(half)}`,
    'a line end': `${theirs}%0a`,
    'a space': `%20${theirs}`,
    'a climb': `..%2f${theirs}`,
    'a climb, twice encoded': `..%252f${theirs}`,
    'far too long': 'A'.repeat(10_000),
    'no base64': `%F0%9F%98%80${theirs}`,
    'no UTF-8': `%FF${theirs}`,
    nothing: '%20',
  }
}
