// Under which name a media is served, for whoever saves it. The uploader's name is kept where it cannot mislead; what the
// file is follows from its checked type alone.
//
// Guarantees: the name ends with an extension of the type, so that no system opens it as anything else; no other part of it is
// the extension of something that runs (servers and mail programs look at each, and some systems do not show the last); nothing
// in it turns the reading around, or is hidden; it is one that every file system takes, and none takes for a device; at
// most 255 bytes, of which the extension is never cut off (RFC 6266, section 4.3).
// Trade-off: a foreign extension stays, in front of the right one: `photo.png` that is a JPEG is `photo.png.jpg`, and no part of
// what the uploader wrote is lost.

import { kindOf, type MediaContentType } from './content-types.ts'

/** Besides the one that we would give. */
const otherSpellings: Partial<Record<string, string[]>> = {
  'image/jpeg': ['jpeg', 'jpe', 'jfif'],
  'image/tiff': ['tif'],
  'video/mp4': ['m4v'],
  'video/quicktime': ['qt'],
  'video/mpeg': ['mpg', 'mpe'],
  'audio/wav': ['wave'],
  'audio/ogg': ['oga', 'opus'],
  'text/plain': ['text'],
}

const active = new RegExp(
  `\\.(?=(?:${[
    'x?html?|xht|shtml|mht|mhtml|svgz?|xml|xslt?|js|mjs|cjs|jse|wasm|swf|htaccess',
    'php\\d*|phtml|phar|aspx?|jspx?|cgi|pl|py|rb|sh|bash|zsh|command',
    'exe|com|bat|cmd|msi|msp|scr|pif|cpl|dll|sys|drv|ps1|psm1|vb|vbs|vbe|wsf|wsh|wsc|hta|chm|reg|inf|scf',
    'jar|jnlp|lnk|url|webloc|desktop|app|dmg|pkg|iso|img|vhdx?|apk|ipa|docm|dotm|xlsm|xltm|pptm|potm',
  ].join('|')})(?:\\.|$))`,
  'gi',
)

/** Windows opens a device of these names, whatever the extension. */
const device = /^(?:con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])\s*(?:\.|$)/i

const mostBytes = 255

/** `shownAs`: of a media of `contentType`, the type of the image that is made of it. */
export function servedFileName(originalFileName: string, contentType: MediaContentType, shownAs: string = contentType): string {
  const name = plain(originalFileName)
  const [, bare = name, written = ''] = /^(.*)\.([^.]*)$/s.exec(name) ?? []
  const isOwn = extensionsOf(contentType).includes(written.toLowerCase())
  const extension = isOwn && shownAs === contentType ? written : extensionsOf(shownAs)[0]
  const stem = trimmed(isOwn ? bare : name).replace(active, '_')
  const safe = device.test(stem) ? `_${stem}` : stem
  return `${cut(safe === '' ? 'file' : safe, mostBytes - bytesOf(`.${extension}`))}.${extension}`
}

/** The first is the one that we would give. */
const extensionsOf = (contentType: string): string[] => [
  contentType === 'image/avif' ? 'avif' : kindOf(contentType as MediaContentType).extension,
  ...(otherSpellings[contentType] ?? []),
]

/** Without what is no character, ends a line, leads to another folder, turns the reading around, is not seen, or no file may have. */
const plain = (name: string): string =>
  trimmed(
    name
      .toWellFormed()
      .replace(/[\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff]/g, '')
      .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069/\\<>:"|?*]/gu, '_'),
  )

/** A dot in front hides a file; behind, it is dropped by some systems, and with it what stood for the extension. */
const trimmed = (text: string): string => text.replace(/^[\s.]+|[\s.]+$/g, '')

const bytesOf = (text: string): number => Buffer.byteLength(text)

function cut(stem: string, most: number): string {
  let kept = ''
  let bytes = 0
  for (const character of stem) {
    bytes += bytesOf(character)
    if (bytes > most) return trimmed(kept)
    kept += character
  }
  return kept
}
