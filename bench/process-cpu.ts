// The processor time of a process, all threads, from /proc/<pid>/stat: the kernel counts it in ticks of 10 ms, so it is
// only good over a second or more. Linux only; elsewhere it is NaN and the column stays empty.

import { readFileSync } from 'node:fs'

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const ticksASecond = 100

/** User and system time in microseconds since the process began; NaN where it cannot be told. */
export function cpuMicroseconds(pid: number): number {
  try {
    return readTicks(readFileSync(`/proc/${pid}/stat`, 'utf8')) * (1e6 / ticksASecond)
  } catch {
    return Number.NaN
  }
}

/** proc(5): fields 14 (utime) and 15 (stime). The name before them stands in brackets and may hold anything. */
export function readTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
