// Whatever an uploader calls a file, what it is saved as says what it is.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contentTypes, kindOf, type MediaContentType } from '../../../../domain/media/content-types.ts'
import { servedFileName } from '../../../../domain/media/served-file-name.ts'

describe('stays as it was given', () => {
  test.each<[string, MediaContentType]>([
    ['plain.png', 'image/png'],
    ['PHOTO.JPG', 'image/jpeg'],
    ['photo.jpeg', 'image/jpeg'],
    ['scan.tif', 'image/tiff'],
    ['film.mpg', 'video/mpeg'],
    ['two words.png', 'image/png'],
    ['Report v1.2 (final).pdf', 'application/pdf'],
    ['my.holiday.photo.png', 'image/png'],
    ['naïve café.png', 'image/png'],
    ['文件.pdf', 'application/pdf'],
    ['ملف.png', 'image/png'],
    ['😀.png', 'image/png'],
    ['می‌خواهم.png', 'image/png'],
    ['100%.png', 'image/png'],
    ["it's;a,b=c.png", 'image/png'],
    ['console.png', 'image/png'],
    ['com10.png', 'image/png'],
  ])('%j', (name, contentType) => {
    expect(servedFileName(name, contentType)).toBe(name)
  })
})

describe('is made right', () => {
  test.each<[string, string, MediaContentType, string]>([
    ['a foreign extension', 'evil.html', 'text/plain', 'evil_html.txt'],
    ['a foreign extension that runs nothing', 'photo.png', 'image/jpeg', 'photo.png.jpg'],
    ['no extension', 'README', 'text/plain', 'README.txt'],
    ['two extensions', 'shell.php.gif', 'image/gif', 'shell_php.gif'],
    ['two extensions in capitals', 'SHELL.PHP5.GIF', 'image/gif', 'SHELL_PHP5.GIF'],
    ['one that runs, twice', 'a.exe.exe.pdf', 'application/pdf', 'a_exe_exe.pdf'],
    ['one that runs, between', 'a.html.b.pdf', 'application/pdf', 'a_html.b.pdf'],
    ['dots at the end', 'evil.html...', 'text/plain', 'evil_html.txt'],
    ['spaces at the end', 'evil.html  ', 'text/plain', 'evil_html.txt'],
    ['dots and spaces between', 'photo. . .jpg', 'image/jpeg', 'photo.jpg'],
    ['an extension behind a space', 'evil.html .txt', 'text/plain', 'evil_html.txt'],
    ['dots in front', '..htaccess', 'text/plain', 'htaccess.txt'],
    ['only an extension', '.png', 'image/png', 'png.png'],
    ['nothing but dots', '...', 'image/png', 'file.png'],
    ['NUL in the extension', 'evil.html\u0000.txt', 'text/plain', 'evil.html_.txt'],
    ['a line of its own', 'a\r\nSet-Cookie: b=c.png', 'image/png', 'a__Set-Cookie_ b=c.png'],
    ['a line separator', 'a\u2028b.png', 'image/png', 'a_b.png'],
    ['a path', '../../etc/passwd', 'text/plain', '_.._etc_passwd.txt'],
    ['a path of Windows', 'C:\\Windows\\a.png', 'image/png', 'C__Windows_a.png'],
    ['a stream of NTFS', 'a.txt::$DATA', 'text/plain', 'a.txt__$DATA.txt'],
    ['reading turned around', 'gpj\u202egnp.exe', 'image/png', 'gpj_gnp_exe.png'],
    ['reading turned around within', 'a\u2067b\u2069.png', 'image/png', 'a_b_.png'],
    ['marks of direction', 'a\u200fb\u200e.png', 'image/png', 'ab.png'],
    ['what is not seen, in the extension', 'evil.h\u200btml', 'text/plain', 'evil_html.txt'],
    ['half a character', 'half\ud800.png', 'image/png', 'half\ufffd.png'],
    ['a device', 'nul.png', 'image/png', '_nul.png'],
    ['a device with more behind', 'COM1.a.png', 'image/png', '_COM1.a.png'],
    ['a device alone', 'con', 'text/plain', '_con.txt'],
    ['a device in other figures', 'lpt¹.png', 'image/png', '_lpt¹.png'],
    ['signs that no file may have', 'a<b>c"d|e?f*.png', 'image/png', 'a_b_c_d_e_f_.png'],
  ])('%s: %j as %s is %j', (_, name, contentType, served) => {
    expect(servedFileName(name, contentType)).toBe(served)
  })

  test('of a transformed image, by what was made', () => {
    expect(servedFileName('Holiday photo.png', 'image/png', 'image/webp')).toBe('Holiday photo.webp')
    expect(servedFileName('Holiday.JPEG', 'image/jpeg', 'image/avif')).toBe('Holiday.avif')
    expect(servedFileName('Holiday.html', 'image/jpeg', 'image/jpeg')).toBe('Holiday_html.jpg')
  })

  test('however long, and the extension stays', () => {
    const long = servedFileName(`${'語'.repeat(250)}.png`, 'image/png')
    expect(long).toBe(`${'語'.repeat(83)}.png`)
    expect(Buffer.byteLength(servedFileName('a'.repeat(255), 'text/plain'))).toBe(255)
  })
})

test('whatever it is called, it is saved as what it is, and served twice it is the same', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom('.', ' ', '.html', '.exe', 'nul', '\u202e', '\u0000', '\ud800', '/', '\\', '.jpg'),
  )
  const name = fc.array(part, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(name, fc.constantFrom(...contentTypes), (given, contentType) => {
      const served = servedFileName(given, contentType)
      expect(served).toMatch(/^[^.\s].*[^.\s]$/su)
      expect(served).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}/\\<>:"|?*]/u)
      expect(served.isWellFormed()).toBe(true)
      expect(Buffer.byteLength(served)).toBeLessThanOrEqual(255)
      const extension = served.slice(served.lastIndexOf('.') + 1).toLowerCase()
      if (!given.toLowerCase().includes(`.${extension}`)) expect(extension).toBe(kindOf(contentType).extension)
      const stem = served.slice(0, served.lastIndexOf('.'))
      expect(stem).not.toMatch(/\.(html|exe)(\.|$)/i)
      expect(stem).not.toMatch(/^nul\s*(\.|$)/i)
      expect(servedFileName(served, contentType)).toBe(served)
    }),
    { numRuns: 150 },
  )
})
