// What an uploader may call a file. The name is only ever shown, as data, and what it is saved as is made of it
// (served-file-name.ts): where the bytes lie follows from ids alone. So any script is taken; refused is what a file system or a
// header would read as something else than a name.

import { text } from '../resources/text.ts'

export const originalFileName = text(255)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  .refine((name) => !/[\u0000-\u001f\u007f-\u009f/\\]/.test(name), 'A name without path separators and control characters.')
  .refine((name) => name !== '.' && name !== '..', 'Not "." and not "..".')
