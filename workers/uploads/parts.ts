// How a file is cut into parts. R2 wants them equal but the last, of 5 MiB at least, and no more than 10,000.

const mib = 1024 ** 2
const mostParts = 10_000

/** Of a part that is sent by itself. Whole mebibytes. */
export const partSizeFor = (size: number): number => Math.max(8, Math.ceil(size / mostParts / mib)) * mib

/** tus: what is held in memory until it is full. Files of 5 GiB have a thousand. */
export const tusPartSize = (size: number): number => Math.max(5, Math.ceil(size / mostParts / mib)) * mib

export const partCountOf = (size: number, partSize: number): number => Math.ceil(size / partSize)

/** Bytes that part has. */
export const partBytes = (size: number, partSize: number, partNumber: number): number =>
  Math.min(partSize, size - (partNumber - 1) * partSize)

export function missingParts(size: number, partSize: number, received: { partNumber: number }[]): number[] {
  const there = new Set(received.map(({ partNumber }) => partNumber))
  return Array.from({ length: partCountOf(size, partSize) }, (_, i) => i + 1).filter((partNumber) => !there.has(partNumber))
}
