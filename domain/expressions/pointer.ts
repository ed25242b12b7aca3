/** A member's name in a JSON pointer (RFC 6901, section 3); cut to 60 characters, as a client's names may be anything. */
export const pointerToken = (name: string): string => name.slice(0, 60).replaceAll('~', '~0').replaceAll('/', '~1')
