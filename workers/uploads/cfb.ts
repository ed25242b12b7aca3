// Which Office format a compound file (MS-CFB) is, by the streams that its directory names. The directory may lie anywhere;
// where it is not among the first bytes, the file may be any of the three.

import type { MediaContentType } from '../../domain/media/content-types.ts'

const streams: [name: string, contentType: MediaContentType][] = [
  ['WordDocument', 'application/msword'],
  ['Workbook', 'application/vnd.ms-excel'],
  ['Book', 'application/vnd.ms-excel'],
  ['PowerPoint Document', 'application/vnd.ms-powerpoint'],
]

const entryBytes = 128

export function cfbTypes(head: Uint8Array): MediaContentType[] {
  if (head.byteLength < 512) return []
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const sectorBytes = 2 ** Math.min(16, view.getUint16(30, true))
  // Sectors are counted from behind the header, which takes one (section 2.2).
  const directoryAt = (view.getUint32(48, true) + 1) * sectorBytes
  const names = new Set<string>()
  for (let at = directoryAt; at < directoryAt + sectorBytes && at + entryBytes <= head.byteLength; at += entryBytes)
    names.add(entryName(view, at))
  if (names.size === 0) return [...new Set(streams.map(([, contentType]) => contentType))]
  // The directory goes on elsewhere where its first sector is full: what it names there is not seen.
  return streams.filter(([name]) => names.has(name)).map(([, contentType]) => contentType)
}

/** UTF-16LE with a zero behind it; the length in bytes, that zero included, is behind the 64 bytes it has (section 2.6.1). */
function entryName(view: DataView, at: number): string {
  const characters = Math.min(32, view.getUint16(at + 64, true) / 2) - 1
  let name = ''
  for (let i = 0; i < characters; i++) name += String.fromCharCode(view.getUint16(at + 2 * i, true))
  return name
}
