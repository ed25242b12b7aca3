// What every refusal must look like.

import { expect } from 'vitest'
import type { Answer } from './world.ts'

/** A problem document that is whole; for a 400, one that says what is wrong where. */
export function expectProblem(answer: Answer, what: unknown = undefined): void {
  const { status, headers, json } = answer
  const seen = { what, status, type: headers.get('content-type'), told: json?.status, requestId: json?.requestId, code: json?.code }
  expect(seen).toEqual({
    what,
    status,
    type: 'application/problem+json',
    told: status,
    requestId: headers.get('x-request-id'),
    code: expect.stringMatching(/^[a-z_]+\/[a-z_]+$/),
  })
  expect(json).toMatchObject({ message: expect.any(String), timestamp: expect.any(String), path: expect.any(String) })
  if (json.code === 'validation/invalid_input' && status === 400) expectPlaces(json.errors, what)
}

function expectPlaces(errors: unknown, what: unknown): void {
  expect({ what, errors }).toEqual({ what, errors: expect.any(Array) })
  const places = (errors as { pointer?: string; parameter?: string; detail?: string }[]) ?? []
  expect(places.length).toBeGreaterThan(0)
  expect(places.length).toBeLessThanOrEqual(20)
  for (const { pointer, parameter, detail } of places) {
    expect({ what, place: pointer ?? parameter, detail }).toEqual({ what, place: expect.any(String), detail: expect.any(String) })
    if (pointer !== undefined) expect(pointer).toMatch(/^(\/|$)/)
  }
}

/** Refused, with nothing broken. */
export function expectRefused(answer: Answer, statuses: number[], what: unknown = undefined): void {
  expect({ what, status: answer.status, ...(answer.status >= 500 && { text: answer.text }) }).toEqual({
    what,
    status: expect.toSatisfy((status: number) => statuses.includes(status), `one of ${statuses.join(', ')}`),
  })
  expectProblem(answer, what)
}

/** Taken or refused, but never broken. */
export function expectUnbroken(answer: Answer, what: unknown): void {
  expect({ what, status: answer.status, ...(answer.status >= 500 && { text: answer.text }) }).toEqual({
    what,
    status: expect.toSatisfy((status: number) => status < 500, 'below 500'),
  })
  if (answer.status >= 400) expectProblem(answer, what)
}
