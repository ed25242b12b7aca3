// What must be text, by its beginning: UTF-8 (or UTF-16 that says so), no control characters that no text has, and for
// plain text nothing that a browser would take for a page. The rules of what looks like binary, and like HTML, are those of
// the MIME Sniffing standard (sections 3 and 7.1), with SVG besides.

/** `plain`: text of no form; `json`; `svg`: XML whose root is svg. */
export type TextRule = 'plain' | 'json' | 'svg'

/** What it is instead; null where it is what it should be. `isWhole`: nothing comes behind `head`. */
export function checkText(rule: TextRule, head: Uint8Array, isWhole: boolean): string | null {
  const text = decoded(head, isWhole, rule === 'json')
  if (text === null) return rule === 'json' ? 'not UTF-8' : 'neither UTF-8 nor marked UTF-16'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  if (/[\0-\x08\x0b\x0e-\x1a\x1c-\x1f]/.test(text)) return 'binary'
  if (rule === 'svg') return isSvg(text) ? null : 'not XML with svg as its root'
  if (rule === 'json') return isJson(text, isWhole) ? null : 'not JSON'
  return lookAlike(text)
}

function decoded(head: Uint8Array, isWhole: boolean, isUtf8Only: boolean): string | null {
  const encoding = isUtf8Only ? 'utf-8' : (markedEncoding(head) ?? 'utf-8')
  try {
    // A character that the end of the head cuts in two is no mistake; the byte order mark is left out.
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: false }).decode(head, { stream: !isWhole })
  } catch {
    return null
  }
}

function markedEncoding([first, second]: Uint8Array): string | null {
  if (first === 0xff && second === 0xfe) return 'utf-16le'
  return first === 0xfe && second === 0xff ? 'utf-16be' : null
}

const tags = [
  '!doctype html',
  'html',
  'head',
  'script',
  'iframe',
  'h1',
  'div',
  'font',
  'table',
  'a',
  'style',
  'title',
  'b',
  'body',
  'br',
  'p',
]
const page = new RegExp(`^[\\t\\n\\f\\r ]*<(?:(?:${tags.join('|')})[ >]|!--|\\?xml|(?:[\\w.-]+:)?(?:svg|script)[\\s/>])`, 'i')

function lookAlike(text: string): string | null {
  if (page.test(text)) return 'HTML or XML'
  return text.startsWith('%PDF-') ? 'application/pdf' : null
}

/** What is there whole must parse; of more, the beginning is looked at. */
function isJson(text: string, isWhole: boolean): boolean {
  if (!isWhole) return /^[\t\n\r ]*(?:[{["]|-?\d|true\b|false\b|null\b)/.test(text)
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function isSvg(text: string): boolean {
  return svgRoot(text) !== null
}

/** The start tag of the root, as far as it is there; null where the root is not svg. Passes over the prolog (XML 1.0, section 2.8). */
export function svgRoot(text: string): string | null {
  let at = 0
  for (;;) {
    while (/[\t\n\r ]/.test(text[at] ?? '')) at++
    const end = prologPartEnd(text, at)
    if (end === null) break
    if (end <= at) return null
    at = end
  }
  const tag = text.slice(at, at + 20_000)
  return /^<(?:[A-Za-z_][\w.-]*:)?svg[\s/>]/.test(tag) ? (/^<(?:[^>"']|"[^"]*"|'[^']*')*>?/.exec(tag)?.[0] ?? null) : null
}

/** Null where no part of a prolog is here; 0 where one is that does not end. */
function prologPartEnd(text: string, at: number): number | null {
  const behind = (mark: string) => text.indexOf(mark, at) + 1 && text.indexOf(mark, at) + mark.length
  if (text.startsWith('<?', at)) return behind('?>')
  if (text.startsWith('<!--', at)) return behind('-->')
  if (!text.startsWith('<!DOCTYPE', at)) return null
  const [declaration = ''] = /^<!DOCTYPE[^>[]*(?:\[[^\]]*\][\t\n\r ]*)?>/.exec(text.slice(at)) ?? []
  return declaration === '' ? 0 : at + declaration.length
}
