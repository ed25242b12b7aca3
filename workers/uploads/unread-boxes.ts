// What of an MP4 or MOV is kept from its reader. A few bytes of it may speak of four thousand million samples, and
// `mediabunny` makes an object of each, or counts through them, in one go that nobody can stop. Nothing that is asked of a
// film is in there: its boxes are named `free`, which every reader passes over.
//
// The names are looked for anywhere, so a box is found however a file is cut into reads; other formats have them by chance,
// about once in forty gigabytes, and are read no worse.

/** Where each sample lies and when it is shown; and that there are fragments, which have such tables too. */
const unread = ['stts', 'ctts', 'stsc', 'stsz', 'stz2', 'stco', 'co64', 'stss', 'trun', 'mvex'].map((name) => Buffer.from(name))
const passedOver = Buffer.from('free')

/** How many bytes of what lies before are to be given too: a name may have begun there. */
export const bytesBefore = 3

/** Changes the bytes. */
export function hideBoxes(bytes: Uint8Array): void {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (const name of unread) for (let at = all.indexOf(name); at >= 0; at = all.indexOf(name, at)) all.set(passedOver, at)
}
