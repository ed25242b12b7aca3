// RFC 9110, section 13, as one table: what was asked, and exactly what is answered.

import { modified, part, type Row, refused, tag, unchanged, whole } from './case.ts'

const before = 'Sun, 06 Nov 1994 08:49:36 GMT'
const after = 'Sun, 06 Nov 1994 08:49:38 GMT'
const other = '"r2d2xxxx"'

const ok = { status: 200, fields: whole() }
const notModified = { status: 304, fields: unchanged }
const failed = { status: 412, fields: refused }
const first = { status: 206, fields: part('0-4', 5) }
const range = { range: 'bytes=0-4' }

const ifMatch: Row[] = [
  { section: '13.1.1', says: 'the tag that is there', request: { 'if-match': tag }, ...ok },
  { section: '13.1.1', says: 'HEAD is answered as GET is', method: 'HEAD', request: { 'if-match': tag }, ...ok },
  { section: '13.1.1', says: 'whatever there is', request: { 'if-match': '*' }, ...ok },
  { section: '13.1.1', says: 'another tag', request: { 'if-match': other }, ...failed },
  { section: '13.1.1', says: 'another tag, of HEAD', method: 'HEAD', request: { 'if-match': other }, ...failed },
  { section: '13.1.1', says: 'one of several', request: { 'if-match': `${other}, ${tag}, "c3piozzzz"` }, ...ok },
  { section: '13.1.1', says: 'none of several', request: { 'if-match': `${other}, "c3piozzzz"` }, ...failed },
  { section: '8.8.3.2', says: 'compared strongly: a weak tag is never the same', request: { 'if-match': `W/${tag}` }, ...failed },
  { section: '8.8.3.2', says: 'weak beside strong', request: { 'if-match': `W/${tag}, ${tag}` }, ...ok },
  { section: '8.8.3', says: 'case counts', request: { 'if-match': '"XYZZY"' }, ...failed },
  { section: '8.8.3', says: 'a comma is part of a tag', request: { 'if-match': '"xyzzy,", "a,xyzzy"' }, ...failed },
  { section: '8.8.3', says: 'tags with commas, then ours', request: { 'if-match': `"a,b" ,${tag}` }, ...ok },
  { section: '8.8.3', says: 'a backslash escapes nothing', request: { 'if-match': `"a\\", ${tag}` }, ...ok },
  { section: '8.8.3', says: 'the empty tag is a tag', request: { 'if-match': `"", ${tag}` }, ...ok },
  { section: '5.6.1.2', says: 'empty elements and blanks', request: { 'if-match': ` ,,\t${tag} ,\t, ` }, ...ok },
  { section: '5.6.1.2', says: 'a list of nothing names nothing', request: { 'if-match': ',' }, ...failed },
  { section: '13.1.1', says: 'no quotes: not shown to hold', request: { 'if-match': 'xyzzy' }, ...failed },
  { section: '13.1.1', says: 'no comma: not shown to hold', request: { 'if-match': `${tag} ${other}` }, ...failed },
  { section: '13.1.1', says: 'half a list says nothing sure', request: { 'if-match': `${tag}, xyzzy` }, ...failed },
  { section: '13.1.1', says: 'an open quote', request: { 'if-match': '"xyzzy' }, ...failed },
  { section: '13.1.1', says: 'a blank in a tag', request: { 'if-match': `"x y", ${tag}` }, ...failed },
  { section: '13.1.1', says: '* among tags is none', request: { 'if-match': `*, ${tag}` }, ...failed },
]

const ifNoneMatch: Row[] = [
  { section: '13.1.2', says: 'the tag that is there', request: { 'if-none-match': tag }, ...notModified },
  { section: '13.1.2', says: 'HEAD too', method: 'HEAD', request: { 'if-none-match': tag }, ...notModified },
  { section: '13.1.2', says: 'whatever there is', request: { 'if-none-match': '*' }, ...notModified },
  { section: '13.1.2', says: 'another tag', request: { 'if-none-match': other }, ...ok },
  { section: '13.1.2', says: 'one of several', request: { 'if-none-match': `${other}, ${tag}` }, ...notModified },
  { section: '8.8.3.2', says: 'compared weakly', request: { 'if-none-match': `W/${tag}` }, ...notModified },
  { section: '8.8.3.2', says: 'weak among others', request: { 'if-none-match': `${other}, W/${tag}, "c3piozzzz"` }, ...notModified },
  { section: '8.8.3', says: 'w/ is not W/', request: { 'if-none-match': `w/${tag}` }, ...ok },
  { section: '8.8.3', says: 'no blank after W/', request: { 'if-none-match': `W/ ${tag}` }, ...ok },
  { section: '8.8.3', says: 'our tag within another is not ours', request: { 'if-none-match': '"a,xyzzy,b"' }, ...ok },
  { section: '5.6.1.2', says: 'empty elements', request: { 'if-none-match': `,, ${tag},` }, ...notModified },
  { section: '5.6.1.2', says: 'a list of nothing names nothing', request: { 'if-none-match': ', ,' }, ...ok },
  { section: '13.1.2', says: 'no quotes: names nothing', request: { 'if-none-match': 'xyzzy' }, ...ok },
  { section: '13.1.2', says: 'half a list says nothing sure', request: { 'if-none-match': `${tag}, xyzzy` }, ...ok },
  { section: '13.1.2', says: '* among tags is none', request: { 'if-none-match': `${other}, *` }, ...ok },
  { section: '13.1.2', says: 'a range of what is unchanged', request: { 'if-none-match': tag, ...range }, ...notModified },
  { section: '13.1.2', says: 'a range of what is not', request: { 'if-none-match': other, ...range }, ...first },
]

const dates: Row[] = [
  { section: '13.1.3', says: 'the same second', request: { 'if-modified-since': modified }, ...notModified },
  { section: '13.1.3', says: 'a later one', request: { 'if-modified-since': after }, ...notModified },
  { section: '13.1.3', says: 'one to come', request: { 'if-modified-since': 'Fri, 31 Dec 9999 23:59:59 GMT' }, ...notModified },
  { section: '13.1.3', says: 'an earlier one', request: { 'if-modified-since': before }, ...ok },
  { section: '13.1.3', says: 'HEAD too', method: 'HEAD', request: { 'if-modified-since': modified }, ...notModified },
  { section: '5.6.7', says: 'the date of RFC 850', request: { 'if-modified-since': 'Sunday, 06-Nov-94 08:49:37 GMT' }, ...notModified },
  { section: '5.6.7', says: 'the date of asctime', request: { 'if-modified-since': 'Sun Nov  6 08:49:37 1994' }, ...notModified },
  { section: '13.1.3', says: 'no date: ignored', request: { 'if-modified-since': '1994-11-06T08:49:37Z' }, ...ok },
  { section: '13.1.3', says: 'two dates: ignored', request: { 'if-modified-since': `${modified}, ${modified}` }, ...ok },
  { section: '13.1.3', says: 'a zone other than GMT: ignored', request: { 'if-modified-since': modified.replace('GMT', 'UTC') }, ...ok },
  { section: '13.1.3', says: 'a range of what is unchanged', request: { 'if-modified-since': modified, ...range }, ...notModified },
  { section: '13.1.4', says: 'the same second', request: { 'if-unmodified-since': modified }, ...ok },
  { section: '13.1.4', says: 'a later one', request: { 'if-unmodified-since': after }, ...ok },
  { section: '13.1.4', says: 'an earlier one', request: { 'if-unmodified-since': before }, ...failed },
  { section: '13.1.4', says: 'an earlier one, of HEAD', method: 'HEAD', request: { 'if-unmodified-since': before }, ...failed },
  { section: '13.1.4', says: 'no date: ignored', request: { 'if-unmodified-since': 'yesterday' }, ...ok },
  { section: '13.1.4', says: 'two dates: ignored', request: { 'if-unmodified-since': `${before}, ${before}` }, ...ok },
]

const ifRange: Row[] = [
  { section: '13.1.5', says: 'the tag that is there', request: { 'if-range': tag, ...range }, ...first },
  { section: '13.1.5', says: 'another tag: the whole', request: { 'if-range': other, ...range }, ...ok },
  { section: '13.1.5', says: 'compared strongly', request: { 'if-range': `W/${tag}`, ...range }, ...ok },
  { section: '13.1.5', says: 'one tag, not a list', request: { 'if-range': `${tag}, ${tag}`, ...range }, ...ok },
  { section: '13.1.5', says: 'one tag, not whatever there is', request: { 'if-range': '*', ...range }, ...ok },
  { section: '13.1.5', says: 'a tag without quotes', request: { 'if-range': 'xyzzy', ...range }, ...ok },
  { section: '13.1.5', says: 'exactly the date', request: { 'if-range': modified, ...range }, ...first },
  { section: '13.1.5', says: 'the same date, as asctime', request: { 'if-range': 'Sun Nov  6 08:49:37 1994', ...range }, ...first },
  { section: '13.1.5', says: 'a later date is another', request: { 'if-range': after, ...range }, ...ok },
  { section: '13.1.5', says: 'an earlier date is another', request: { 'if-range': before, ...range }, ...ok },
  { section: '13.1.5', says: 'no date', request: { 'if-range': 'now', ...range }, ...ok },
  { section: '13.1.5', says: 'without Range it says nothing', request: { 'if-range': other }, ...ok },
  { section: '13.1.5', says: 'HEAD has no range', method: 'HEAD', request: { 'if-range': tag, ...range }, ...ok },
  { section: '13.1.5', says: 'a range outside, but of another', request: { 'if-range': other, range: 'bytes=10000-' }, ...ok },
  {
    section: '13.1.5',
    says: 'a range outside, of this',
    request: { 'if-range': tag, range: 'bytes=10000-' },
    status: 416,
    fields: { 'content-range': 'bytes */10000' },
  },
]

const precedence: Row[] = [
  {
    section: '13.2.2 (1)',
    says: 'If-Match holds: the date is not asked',
    request: { 'if-match': tag, 'if-unmodified-since': before },
    ...ok,
  },
  {
    section: '13.2.2 (1)',
    says: 'If-Match fails: the date saves nothing',
    request: { 'if-match': other, 'if-unmodified-since': after },
    ...failed,
  },
  {
    section: '13.2.2 (1)',
    says: 'an unreadable If-Match is there too',
    request: { 'if-match': 'x', 'if-unmodified-since': after },
    ...failed,
  },
  { section: '13.2.2 (1)', says: 'If-Match before If-None-Match', request: { 'if-match': other, 'if-none-match': tag }, ...failed },
  { section: '13.2.2 (1)', says: 'both of the same tag', request: { 'if-match': tag, 'if-none-match': tag }, ...notModified },
  {
    section: '13.2.2 (2)',
    says: 'If-Unmodified-Since before If-None-Match',
    request: { 'if-unmodified-since': before, 'if-none-match': tag },
    ...failed,
  },
  { section: '13.2.2 (2)', says: 'both dates hold', request: { 'if-unmodified-since': modified, 'if-modified-since': before }, ...ok },
  {
    section: '13.2.2 (2)',
    says: 'unmodified, and not modified',
    request: { 'if-unmodified-since': modified, 'if-modified-since': modified },
    ...notModified,
  },
  {
    section: '13.2.2 (3)',
    says: 'If-None-Match fails: 304 whatever the date',
    request: { 'if-none-match': tag, 'if-modified-since': before },
    ...notModified,
  },
  {
    section: '13.2.2 (3)',
    says: 'If-None-Match holds: the date is not asked',
    request: { 'if-none-match': other, 'if-modified-since': after },
    ...ok,
  },
  {
    section: '13.2.2 (3)',
    says: 'an unreadable If-None-Match is there too',
    request: { 'if-none-match': 'x', 'if-modified-since': after },
    ...ok,
  },
  {
    section: '13.2.2 (5)',
    says: 'conditions before If-Range',
    request: { 'if-none-match': tag, 'if-range': other, ...range },
    ...notModified,
  },
  {
    section: '13.2.2 (5)',
    says: 'all that hold, then the range',
    request: { 'if-match': tag, 'if-none-match': other, 'if-range': tag, ...range },
    ...first,
  },
  { section: '13.2.2 (5)', says: 'If-Match fails before any range', request: { 'if-match': other, range: 'bytes=10000-' }, ...failed },
  { section: '13.2.2 (5)', says: 'unchanged before any range', request: { 'if-none-match': tag, range: 'bytes=10000-' }, ...notModified },
]

export const conditionalRows: Row[] = [...ifMatch, ...ifNoneMatch, ...dates, ...ifRange, ...precedence]

/** Methods that no media answers: for the pure functions alone. */
export const otherMethods: { section: string; method: string; request: Record<string, string>; verdict: string }[] = [
  { section: '13.1.2', method: 'PUT', request: { 'if-none-match': '*' }, verdict: 'precondition_failed' },
  { section: '13.1.2', method: 'DELETE', request: { 'if-none-match': tag }, verdict: 'precondition_failed' },
  { section: '13.1.2', method: 'PUT', request: { 'if-none-match': other }, verdict: 'go_on' },
  { section: '13.1.1', method: 'PUT', request: { 'if-match': tag }, verdict: 'go_on' },
  { section: '13.1.1', method: 'PATCH', request: { 'if-match': other }, verdict: 'precondition_failed' },
  { section: '13.1.3', method: 'POST', request: { 'if-modified-since': modified }, verdict: 'go_on' },
  { section: '13.1.4', method: 'DELETE', request: { 'if-unmodified-since': before }, verdict: 'precondition_failed' },
  { section: '13.2.1', method: 'OPTIONS', request: { 'if-match': other, 'if-none-match': tag }, verdict: 'go_on' },
  { section: '13.2.1', method: 'TRACE', request: { 'if-none-match': '*' }, verdict: 'go_on' },
]
