// ISO 8601 durations of fixed length: weeks, days (of 24 hours), hours, minutes, seconds. Years and months are refused:
// how long they are depends on where they start.

const dayMs = 86_400_000
const longestMs = 3660 * dayMs

/** Milliseconds; null for what is no such duration, is empty, or is longer than ten years. */
export function durationMs(text: string): number | null {
  const match = /^P(?=[\dT])(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?$/.exec(text)
  if (match === null) return null
  const [weeks, days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0)) as [number, number, number, number, number]
  const ms = weeks * 7 * dayMs + days * dayMs + hours * 3_600_000 + minutes * 60_000 + seconds * 1000
  return ms <= longestMs ? ms : null
}

/** In hours where they come out even (PT48H), in seconds otherwise. */
export const durationText = (ms: number): string => (ms % 3_600_000 === 0 ? `PT${ms / 3_600_000}H` : `PT${Math.round(ms / 1000)}S`)
