// Test data by others is read where it stands, beside the project. Away from a full checkout it may be missing; where
// it counts (CI is set), it may not: then reading it fails.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const at = (path: string): string => join(import.meta.dirname, '../../../../shared/vectors', path)
const mayBeMissing = (path: string): boolean => !existsSync(at(path)) && !process.env.CI

export const vectorNames = (folder: string): string[] => (mayBeMissing(folder) ? [] : readdirSync(at(folder)))
export const vectorBytes = (path: string): Buffer => readFileSync(at(path))
export const vectorJson = <T>(path: string, missing: T): T =>
  mayBeMissing(path) ? missing : (JSON.parse(readFileSync(at(path), 'utf8')) as T)

/** One test that is counted as skipped, wherever the cases of these vectors would be. */
export const countMissing = (path: string): void =>
  test.skipIf(mayBeMissing(path))(`vectors: ${path}`, () => expect(existsSync(at(path))).toBe(true))
