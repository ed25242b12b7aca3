// How an e-mail address is named where only equality matters: in the directory of a workspace and in the names of objects.
// Lower-cased as a whole: the local part is case-sensitive by RFC 5321 and by no mail provider that people use. Not a
// secret (addresses can be guessed and hashed); it keeps addresses out of names, logs and indexes.

import { createHash } from 'node:crypto'

export const emailHashOf = (email: string): string => createHash('sha256').update(email.toLowerCase()).digest('hex')
