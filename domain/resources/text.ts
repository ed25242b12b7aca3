// The strings that clients may write. Every one is bounded, holds no NUL, and is well-formed UTF-16: a lone surrogate
// has no UTF-8 form, so it would come back from the record as another string than the one that was stored.

import { z } from 'zod'

export const storable = (value: string): boolean => value.isWellFormed() && !value.includes('\u0000')
const storableError = { error: 'must be well-formed text without NUL' }

/** 1 to `max` UTF-16 units. */
export const text = (max: number) => z.string().min(1).max(max).refine(storable, storableError)

/** 0 to `max` UTF-16 units. */
export const textOrEmpty = (max: number) => z.string().max(max).refine(storable, storableError)

export const nameText = text(200)
export const labelText = text(200)
export const descriptionText = text(2000)

/** URL parsers fold these away, also where they are percent-encoded: what is called so is in no path, and cannot be asked for. */
export const fitsPath = (id: string): boolean => id !== '.' && id !== '..'

/**
 * An id that a client may choose. It must survive a URL path (so no control characters, and not the `.` and `..` that
 * URL parsers fold away) and be safe as a key of a plain object (so not `constructor` and its like).
 */
export const clientId = text(128).refine(
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  (id) => !/[\u0000-\u001f\u007f]/.test(id) && fitsPath(id) && !(id in {}),
  { error: 'must not hold control characters, nor be "." or "..", nor the name of a built-in member' },
)

/** A web address; other schemes (`javascript:`, `data:`) are refused because consoles and apps will render it. */
export const webAddress = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine(storable, storableError)

/** RFC 3339, with any offset. */
export const instant = z.iso.datetime({ offset: true }).meta({ format: 'date-time', pattern: undefined })

export const catalogWorkspaceId = z
  .string()
  .length(10)
  .regex(/^[A-Za-z0-9_-]{10}$/)
