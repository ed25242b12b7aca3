// Every key of the table, and the text form of a position. KEYS.md is this file for people.
//
// Guarantees: two different logs never share a partition key. `#` separates and is never part of an encoded id, because
// every character outside the id alphabet is written as %XX (and `%` is outside it). Keys sort as the log does.
// Trade-off: six digits of incarnation and twelve of sequence are an end; a log that reaches it fails loudly.

import type { LogRef, Position } from '../../domain/log/types.ts'

const writerDigits = 6
const sequenceDigits = 12

export const fenceSortKey = 'FENCE'
const logItemPrefix = 'L#'
/** Nothing is ever stored here: reading it is how a region's health is asked. */
export const pingKey = { pk: 'PING', sk: 'PING' }

/** What a region is watched by: put there now and then, in that region alone. */
export const regionMarkKey = (region: string) => ({ pk: `REGION#${encodeId(region)}`, sk: 'MARK' })

/** Throws RangeError on an id that is empty or not well-formed Unicode, and on a workspace log not named by its own workspace: bugs. */
export function partitionKey(log: LogRef): string {
  const workspace = `W#${encodeId(log.workspaceId)}`
  if (log.kind === 'player') return `${workspace}#P#${encodeId(log.entityId)}`
  if (log.entityId !== log.workspaceId) throw new RangeError("A workspace's log is named by the workspace itself.")
  return `${workspace}#W`
}

export const logItemSortKey = (writer: number, from: number): string =>
  `${logItemPrefix}${padded(writer, writerDigits)}#${padded(from, sequenceDigits)}`

/** Sort keys, both ends included. */
export interface ItemRange {
  low: string
  high: string
}

/** The sort keys of all log items, or of those behind `after`, or of those up to `through`. `~` sorts behind every digit and `#`. */
export const itemsBehind = (after?: { writer: number; from: number }, through?: { writer: number; from: number }): ItemRange => ({
  low: after ? `${logItemSortKey(after.writer, after.from)}~` : logItemPrefix,
  high: through ? logItemSortKey(through.writer, through.from) : `${logItemPrefix}~`,
})

/** `000001#000000000042`: text that compares as (incarnation, sequence) does. */
export const positionText = (position: Position): string =>
  `${padded(position.incarnation, writerDigits)}#${padded(position.sequence, sequenceDigits)}`

/** Null for anything that positionText did not write. */
export function parsePosition(text: unknown): Position | null {
  const match = typeof text === 'string' ? /^(\d{6})#(\d{12})$/.exec(text) : null
  return match ? { incarnation: Number(match[1]), sequence: Number(match[2]) } : null
}

function encodeId(id: string): string {
  if (id === '' || !id.isWellFormed()) throw new RangeError('An id in a key is neither empty nor half a character.')
  return id.replace(/[^A-Za-z0-9_.:|@-]/gu, (character) =>
    Array.from(new TextEncoder().encode(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}

function padded(value: number, digits: number): string {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 10 ** digits) {
    throw new RangeError(`${value} does not fit a key of ${digits} digits.`)
  }
  return String(value).padStart(digits, '0')
}
