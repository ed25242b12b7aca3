// RFC 9110, section 14, as one table: what was asked, and exactly what is answered.

import { outside, part, type Row, whole } from './case.ts'

const all = (length = 10_000) => ({ status: 200, fields: whole(length) })
const some = (positions: string, length: number, of = 10_000) => ({ status: 206, fields: part(positions, length, of) })
const none = (of = 10_000) => ({ status: 416, fields: outside(of) })
const asks = (range: string) => ({ request: { range } })
/** 2^53 and more, and what rounds to the same number. */
const huge = '9007199254740993'
const hugeLess = '9007199254740992'
const endless = '9'.repeat(400)

const ranges: Row[] = [
  { section: '14.1.2', says: 'the first 500 bytes', ...asks('bytes=0-499'), ...some('0-499', 500) },
  { section: '14.1.2', says: 'the second 500 bytes', ...asks('bytes=500-999'), ...some('500-999', 500) },
  { section: '14.1.2', says: 'the last 500 bytes', ...asks('bytes=-500'), ...some('9500-9999', 500) },
  { section: '14.1.2', says: 'the last 500 bytes, from a position', ...asks('bytes=9500-'), ...some('9500-9999', 500) },
  { section: '14.1.2', says: 'all of them', ...asks('bytes=0-'), ...some('0-9999', 10_000) },
  { section: '14.1.2', says: 'the first byte', ...asks('bytes=0-0'), ...some('0-0', 1) },
  { section: '14.1.2', says: 'the last byte', ...asks('bytes=-1'), ...some('9999-9999', 1) },
  { section: '14.1.2', says: 'the last byte, by its position', ...asks('bytes=9999-9999'), ...some('9999-9999', 1) },
  { section: '14.1.2', says: 'past the end: to the end', ...asks('bytes=9500-20000'), ...some('9500-9999', 500) },
  { section: '14.1.2', says: 'more of the end than there is: all', ...asks('bytes=-10001'), ...some('0-9999', 10_000) },
  { section: '14.1.2', says: 'exactly as much of the end as there is', ...asks('bytes=-10000'), ...some('0-9999', 10_000) },
  { section: '14.1.2', says: 'zeros before a number', ...asks('bytes=0000-00499'), ...some('0-499', 500) },
  { section: '14.1.2', says: 'a last position beyond 2^53', ...asks(`bytes=0-${huge}`), ...some('0-9999', 10_000) },
  { section: '14.1.2', says: 'a last position beyond any number', ...asks(`bytes=9990-${endless}`), ...some('9990-9999', 10) },
  { section: '14.1.2', says: 'a suffix beyond any number', ...asks(`bytes=-${endless}`), ...some('0-9999', 10_000) },
  { section: '14.1', says: 'the unit in any case', ...asks('BYTES=0-499'), ...some('0-499', 500) },
  { section: '14.1', says: 'the unit in any case', ...asks('Bytes=-500'), ...some('9500-9999', 500) },
  { section: '5.6.1.2', says: 'an empty element before', ...asks('bytes=,0-499'), ...some('0-499', 500) },
  { section: '5.6.1.2', says: 'an empty element after', ...asks('bytes=0-499,'), ...some('0-499', 500) },
  { section: '5.6.1.2', says: 'blanks about empty elements', ...asks('bytes= ,\t,0-499 , '), ...some('0-499', 500) },
]

const unsatisfiable: Row[] = [
  { section: '14.1.2', says: 'from just past the end', ...asks('bytes=10000-'), ...none() },
  { section: '14.1.2', says: 'all past the end', ...asks('bytes=10000-10001'), ...none() },
  { section: '14.1.2', says: 'from beyond 2^53', ...asks(`bytes=${huge}-`), ...none() },
  { section: '14.1.2', says: 'from beyond 2^53, to further on', ...asks(`bytes=${hugeLess}-${huge}`), ...none() },
  { section: '14.1.2', says: 'from beyond any number', ...asks(`bytes=${endless}-`), ...none() },
  { section: '14.1.2', says: 'the last none', ...asks('bytes=-0'), ...none() },
  { section: '14.1.2', says: 'the last none, at length', ...asks('bytes=-000'), ...none() },
  { section: '14.2', says: 'none of several', ...asks('bytes=10000-,20000-30000, -0'), ...none() },
  { section: '14.1.2', says: 'of nothing, from the start', ...asks('bytes=0-'), size: 0, ...none(0) },
  { section: '14.1.2', says: 'of nothing, one byte', ...asks('bytes=0-0'), size: 0, ...none(0) },
  { section: '14.1.2', says: 'of nothing, the last none', ...asks('bytes=-0'), size: 0, ...none(0) },
  { section: '14.1.2', says: 'of one byte, the second', ...asks('bytes=1-'), size: 1, ...none(1) },
]

const ignored: Row[] = [
  { section: '14.2', says: 'no Range', request: {}, ...all() },
  { section: '14.2', says: 'HEAD has no range', method: 'HEAD', ...asks('bytes=0-499'), ...all() },
  { section: '14.2', says: 'nor can HEAD be outside', method: 'HEAD', ...asks('bytes=10000-'), ...all() },
  { section: '14.1', says: 'a unit we do not know', ...asks('seconds=0-499'), ...all() },
  { section: '14.1', says: 'none is a unit', ...asks('none=0-499'), ...all() },
  { section: '14.1', says: 'a unit that begins as ours', ...asks('bytes2=0-499'), ...all() },
  { section: '14.1.1', says: 'it ends before it begins', ...asks('bytes=500-499'), ...all() },
  { section: '14.1.1', says: 'it ends before it begins, past the end', ...asks('bytes=20000-10000'), ...all() },
  { section: '14.1.1', says: 'it ends before it begins, beyond 2^53', ...asks(`bytes=${huge}-${hugeLess}`), ...all() },
  { section: '14.1.1', says: 'one of several ends before it begins', ...asks('bytes=0-499,9-5'), ...all() },
  { section: '14.1.1', says: 'nothing asked', ...asks('bytes='), ...all() },
  { section: '14.1.1', says: 'only empty elements', ...asks('bytes=, ,'), ...all() },
  { section: '14.1.1', says: 'no positions', ...asks('bytes=-'), ...all() },
  { section: '14.1.1', says: 'no hyphen', ...asks('bytes=500'), ...all() },
  { section: '14.1.1', says: 'words', ...asks('bytes=first-last'), ...all() },
  { section: '14.1.1', says: 'a word after a number', ...asks('bytes=0-x'), ...all() },
  { section: '14.1.1', says: 'a sign', ...asks('bytes=+0-499'), ...all() },
  { section: '14.1.1', says: 'two hyphens', ...asks('bytes=--500'), ...all() },
  { section: '14.1.1', says: 'a fraction', ...asks('bytes=0-4.5'), ...all() },
  { section: '14.1.1', says: 'hexadecimal', ...asks('bytes=0x0-0xff'), ...all() },
  { section: '14.1.1', says: 'blanks within', ...asks('bytes=0 - 499'), ...all() },
  { section: '14.2', says: 'a blank after the equals sign', ...asks('bytes= 0-499'), ...all() },
  { section: '14.2', says: 'a blank before it', ...asks('bytes =0-499'), ...all() },
  { section: '14.2', says: 'a colon for it', ...asks('bytes:0-499'), ...all() },
  { section: '14.2', says: 'no equals sign', ...asks('bytes 0-499'), ...all() },
  { section: '5.3', says: 'two fields, as they are joined', ...asks('bytes=0-4, bytes=5-9'), ...all() },
  { section: '14.2', says: 'two units', ...asks('bytes=0-4;seconds=1-2'), ...all() },
  { section: '14.1.2', says: 'nothing, and the end of it', ...asks('bytes=-500'), size: 0, ...all(0) },
]

const severalByDeclaration: Row[] = [
  { section: '14.2', says: 'the first and the last byte', ...asks('bytes=0-0,-1'), ...all() },
  { section: '14.2', says: 'the second 500 bytes, in two', ...asks('bytes=500-600,601-999'), ...all() },
  { section: '14.2', says: 'overlapping', ...asks('bytes=500-700,601-999'), ...all() },
  { section: '14.2', says: 'one within, one outside', ...asks('bytes=0-499,10000-'), ...all() },
  { section: '14.2', says: 'blanks between', ...asks('bytes=0-0 ,\t1-1'), ...all() },
  { section: '14.2', says: 'a thousand of them', ...asks(`bytes=${Array.from({ length: 1000 }, () => '0-').join()}`), ...all() },
]

export const rangeRows: Row[] = [...ranges, ...unsatisfiable, ...ignored, ...severalByDeclaration]
