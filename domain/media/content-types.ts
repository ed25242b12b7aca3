// The content types that may be uploaded (the contract's), and how each may be served. What a browser would run in our
// origin (SVG opened by itself; HTML and XML are not taken at all) is only ever a download.

import type { FileType } from './types.ts'

interface Kind {
  fileType: FileType
  extension: string
  /** `inline` only where a browser shows it and runs nothing of it. */
  disposition: 'inline' | 'attachment'
}

const image = (extension: string, disposition: Kind['disposition'] = 'inline'): Kind => ({ fileType: 'image', extension, disposition })
const video = (extension: string): Kind => ({ fileType: 'video', extension, disposition: 'inline' })
const audio = (extension: string): Kind => ({ fileType: 'audio', extension, disposition: 'inline' })
const document = (extension: string, disposition: Kind['disposition'] = 'attachment'): Kind => ({
  fileType: 'document',
  extension,
  disposition,
})

const kinds = {
  'image/jpeg': image('jpg'),
  'image/png': image('png'),
  'image/gif': image('gif'),
  'image/webp': image('webp'),
  'image/svg+xml': image('svg', 'attachment'),
  'image/bmp': image('bmp'),
  'image/tiff': image('tiff'),
  'video/mp4': video('mp4'),
  'video/webm': video('webm'),
  'video/quicktime': video('mov'),
  'video/x-msvideo': video('avi'),
  'video/mpeg': video('mpeg'),
  'audio/mpeg': audio('mp3'),
  'audio/wav': audio('wav'),
  'audio/ogg': audio('ogg'),
  'audio/aac': audio('aac'),
  'audio/flac': audio('flac'),
  'application/pdf': document('pdf', 'inline'),
  'application/msword': document('doc'),
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': document('docx'),
  'application/vnd.ms-excel': document('xls'),
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': document('xlsx'),
  'application/vnd.ms-powerpoint': document('ppt'),
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': document('pptx'),
  'application/json': document('json'),
  'text/plain': document('txt', 'inline'),
  'text/csv': document('csv'),
} as const satisfies Record<string, Kind>

export type MediaContentType = keyof typeof kinds

export const contentTypes = Object.keys(kinds) as [MediaContentType, ...MediaContentType[]]

export const kindOf = (contentType: MediaContentType): Kind => kinds[contentType]

/** Whether a file of this type may be filed under that: under its own, or under `other`. */
export const isFiledAs = (contentType: MediaContentType, fileType: FileType): boolean =>
  fileType === 'other' || kinds[contentType].fileType === fileType
