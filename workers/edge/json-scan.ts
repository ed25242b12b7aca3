// One look at text that may be JSON, before a parser makes anything of it: how deep it is, how much is in it, and which of
// its numbers a double would change into something else. Whether it is JSON is the parser's to say: what is found here
// holds for JSON, and is a bound for everything else.

export interface JsonLimits {
  /** Members of objects and elements of lists, at all levels together. */
  members: number
  /** Members of objects alone, where elements may be many more: a new name costs ten times what an element does. */
  names?: number
  depth: number
}

export interface JsonScan {
  /** The bound that was passed; the look ended there. */
  exceeds: 'depth' | 'members' | 'names' | null
  /** Members of objects. */
  names: number
  lostNumbers: { start: number; end: number }[]
}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const [minus, plus, point, zero, nine] = [0x2d, 0x2b, 0x2e, 0x30, 0x39]

export function scanJson(text: string, { members, names: namesAtMost = members, depth }: JsonLimits): JsonScan {
  const lostNumbers: JsonScan['lostNumbers'] = []
  const end = text.length
  let names = 0
  let values = 0
  let level = 0
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code === quote) {
      for (i++; i < end; i++) {
        const inside = text.charCodeAt(i)
        if (inside === quote) break
        if (inside === backslash) i++
      }
    } else if (code === comma) values++
    else if (code === colon && ++names > namesAtMost) return { exceeds: 'names', names, lostNumbers }
    else if (isOpening(code)) {
      values++
      if (++level > depth) return { exceeds: 'depth', names, lostNumbers }
    } else if (isClosing(code)) level--
    else if (isDigit(code)) {
      // Without its sign: what is put in its place must be JSON where it was, and nowhere else.
      const start = i
      while (i + 1 < end && isOfNumber(text.charCodeAt(i + 1))) i++
      if (isLost(text, start, i + 1)) lostNumbers.push({ start, end: i + 1 })
    }
    // What is in a container is a value more than it has commas; an empty one is counted as if it held one.
    if (values > members) return { exceeds: 'members', names, lostNumbers }
  }
  return { exceeds: null, names, lostNumbers }
}

/** Each of them as one that is out of range too: the parser makes it Infinity, wherever it stands, and no schema takes that. */
export function withoutLostNumbers(text: string, lost: JsonScan['lostNumbers']): string {
  if (lost.length === 0) return text
  const pieces: string[] = []
  let from = 0
  for (const { start, end } of lost) {
    pieces.push(text.slice(from, start), '1e999')
    from = end
  }
  pieces.push(text.slice(from))
  return pieces.join('')
}

const isOpening = (code: number): boolean => code === 0x7b || code === 0x5b
const isClosing = (code: number): boolean => code === 0x7d || code === 0x5d
const isDigit = (code: number): boolean => code >= zero && code <= nine
const isOfNumber = (code: number): boolean =>
  isDigit(code) || code === point || code === 0x65 || code === 0x45 || code === minus || code === plus

const numberForm = /^(0|[1-9]\d*)(\.\d+)?(?:[eE][-+]?\d+)?$/
/** A whole number of fewer digits is exact. */
const exactDigits = 15

/**
 * Beyond the largest double, below the smallest, or a whole number (written without point and exponent) that no double is
 * equal to or written as: an id of 64 bits would come back as another. Decimals are rounded as everywhere; -0 is 0.
 */
function isLost(text: string, start: number, end: number): boolean {
  if (end - start <= exactDigits && !hasExponent(text, start, end)) return false
  const literal = text.slice(start, end)
  const form = numberForm.exec(literal)
  if (form === null) return false
  const value = Number(literal)
  if (!Number.isFinite(value)) return true
  const [, whole = '', fraction] = form
  if (value === 0) return /[1-9]/.test(whole) || /[1-9]/.test(fraction ?? '')
  const isWhole = fraction === undefined && !hasExponent(text, start, end)
  return isWhole && !Number.isSafeInteger(value) && literal !== shortest(value) && BigInt(literal) !== BigInt(value)
}

/** The digits that a double is written with by who has it as a double: they are read back as the same one. */
function shortest(value: number): string {
  const [mantissa = '', exponent] = value.toExponential().split('e')
  return mantissa.replace('.', '').padEnd(Number(exponent) + 1, '0')
}

function hasExponent(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((text.charCodeAt(i) | 0x20) === 0x65) return true
  return false
}
