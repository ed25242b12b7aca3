// Tables for people: columns as wide as what is in them, figures to the right, words to the left.

import { cpus, totalmem } from 'node:os'
import type { Pace } from './rounds.ts'

export interface Machine {
  model: string
  processors: number
  memoryGb: number
}

export function machineOf(): Machine {
  const processors = cpus()
  return { model: processors[0]?.model.trim() ?? '', processors: processors.length, memoryGb: Math.round(totalmem() / 2 ** 30) }
}

/** Where and how the figures were made, above them. */
export const saidOf = ({ processors, model, memoryGb }: Machine, { connections, rounds, windowMs }: Pace): string =>
  `${processors} × ${model}, ${memoryGb} GB, shared with the load generator; ${connections} connections; medians of ${rounds} rounds of ${windowMs} ms`

/** `words`: the columns that hold words. */
export function laidOut(rows: readonly string[][], words: readonly number[]): string[] {
  const columns = Math.max(...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)))
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const gap = ' '.repeat((widths[column] ?? 0) - [...cell].length)
        return words.includes(column) ? cell + gap : gap + cell
      })
      .join('  ')
      .trimEnd(),
  )
}

export const grouped = (value: number): string => Math.round(value).toLocaleString('en')
/** Small ratios with a digit more. */
export const ratio = (value: number): string => value.toFixed(value < 0.1 ? 3 : 2)
