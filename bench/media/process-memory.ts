// The memory of a process, all threads, from /proc/<pid>/status, and the highest it was. The kernel keeps the highest itself
// (VmHWM) and forgets it when asked, so no peak falls between two looks. Linux only; elsewhere all is NaN.

import { readFileSync, writeFileSync } from 'node:fs'

export interface ProcessMemory {
  /** In memory now, shared pages of files included. */
  residentBytes: number
  /** The most it was since the process began, or since `forgetHighest`. */
  highestBytes: number
}

export function processMemory(pid: number): ProcessMemory {
  try {
    return readStatus(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return { residentBytes: Number.NaN, highestBytes: Number.NaN }
  }
}

/** proc(5): "VmRSS:     1832 kB", in units of 1,024 bytes. */
export function readStatus(status: string): ProcessMemory {
  const of = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024
  return { residentBytes: of('VmRSS'), highestBytes: of('VmHWM') }
}

/** proc(5), clear_refs: 5 sets the highest back to what is now. */
export function forgetHighest(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5')
  } catch {
    // Not there, or not ours: the highest is then that of the process's whole life, which is never too low.
  }
}
