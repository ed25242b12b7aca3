// Reading an untrusted query member by member: each step gives the value or null, and notes what is wrong and where.

import { pointerToken } from '../expressions/pointer.ts'
import type { InputError } from '../failures.ts'

type JsonRecord = Record<string, unknown>

export const isRecord = (value: unknown): value is JsonRecord => typeof value === 'object' && value !== null && !Array.isArray(value)

const maxErrors = 20

export class QueryReader {
  readonly errors: InputError[] = []

  /** One mistake a place, the first: a member that is missing is met again when it is read. */
  refuse(pointer: string, detail: string): null {
    const noted = this.errors.some((error) => error.pointer === pointer)
    if (!noted && this.errors.length < maxErrors) this.errors.push({ pointer, detail })
    return null
  }

  /** An object with these members and no others; a required one that is missing is named by its own pointer. */
  object(value: unknown, pointer: string, required: string[], optional: string[] = []): JsonRecord | null {
    if (!isRecord(value)) return this.refuse(pointer, value === undefined ? 'This is required.' : 'This is an object.')
    const before = this.errors.length
    for (const name of Object.keys(value))
      if (!required.includes(name) && !optional.includes(name)) this.refuse(`${pointer}/${pointerToken(name)}`, 'This is not supported.')
    const missing = required.filter((name) => !Object.hasOwn(value, name) || value[name] === undefined)
    for (const name of missing) this.refuse(`${pointer}/${name}`, 'This is required.')
    // What is there is read on, for its own mistakes; nothing is read of an object that is only foreign members.
    return this.errors.length > before && missing.length === required.length && required.length > 0 ? null : { ...value }
  }

  /** The one element of a list. */
  only(value: unknown, pointer: string): { value: unknown } | null {
    if (value === undefined) return null
    if (!Array.isArray(value) || value.length === 0) return this.refuse(pointer, 'This is a list of one.')
    if (value.length > 1) return this.refuse(`${pointer}/1`, 'Only one is supported.')
    return { value: value[0] }
  }

  absentOrEmpty(value: unknown, pointer: string, detail: string): void {
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) this.refuse(pointer, detail)
  }
}
