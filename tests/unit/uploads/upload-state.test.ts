// What becomes of one upload: its life, its tries, what is asked of it when. A model asks in every order and holds what must
// always be true against it.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { UploadMode } from '../../../durable-objects/upload/rpc.ts'
import { nextAlarmMs, partsLiveMs, singlePutMs } from '../../../durable-objects/upload/upload-life.ts'
import { singlePutTries } from '../../../durable-objects/upload/upload-state.ts'
import { code, day, grant, hour, multipart, object } from './simulated-upload.ts'

describe('an upload that was never begun', () => {
  test('keeps nothing, whatever is asked of it', () => {
    const one = object()
    expect([one.state(), one.admit(), one.noteBlob('b'), one.notePart(1), one.assembled(), one.checked('b')].map(code)).toEqual(
      Array(6).fill('resource/not_found'),
    )
    expect([one.advance(0, 5), code(one.end()), one.leftovers()]).toEqual([
      false,
      'ok',
      { blobIds: [], multipart: null, isOver: true, kept: null },
    ])
    one.forgetBlob('b')
    one.done('b')
    one.swept([])
    expect(one.kept).toBeNull()
  })

  test('cannot be begun once its URL has expired, and keeps nothing then', () => {
    const [just, late] = [object(grant.expiresAtMs - 1), object(grant.expiresAtMs)]
    expect([just.open(), late.open(), late.open('tus')].map(code)).toEqual(['ok', 'auth/expired_token', 'auth/expired_token'])
    expect(late.kept).toBeNull()
  })
})

describe('a single PUT', () => {
  test('has twenty tries', () => {
    const one = object()
    const tries = Array.from({ length: singlePutTries + 2 }, () => code(one.open()))
    expect(tries).toEqual([...Array(singlePutTries).fill('ok'), 'rate_limit/exceeded', 'rate_limit/exceeded'])
  })

  test('may end behind the expiry of its URL, and may not begin there', () => {
    const one = object()
    one.wait(hour - 1)
    one.open()
    one.wait(hour)
    expect([code(one.open()), code(one.noteBlob('b')), code(one.checked('b'))]).toEqual(['auth/expired_token', 'ok', 'ok'])
  })

  test('that was given six hours is over', () => {
    const one = object()
    one.open()
    one.noteBlob('b')
    one.wait(singlePutMs - 1)
    expect(one.leftovers().isOver).toBe(false)
    one.wait(1)
    expect([one.leftovers().isOver, code(one.checked('b'))]).toEqual([true, 'resource/gone'])
  })

  test('that is checked is asked for no more bytes, however late and however often', () => {
    const one = object()
    one.open()
    one.noteBlob('b')
    one.checked('b')
    one.wait(2 * hour)
    const answers = Array.from({ length: 30 }, () => one.open())
    expect(answers.every((answer) => answer.ok && answer.value.status === 'checked')).toBe(true)
  })

  test('of two, the first that is checked stays', () => {
    const one = object()
    one.open()
    one.noteBlob('a')
    one.noteBlob('b')
    one.checked('a')
    expect(one.checked('b')).toMatchObject({ ok: true, value: { checked: { blobId: 'a' } } })
    one.forgetBlob('b')
    expect(one.leftovers().blobIds).toEqual(['a'])
  })

  test('that was refused its media takes another try', () => {
    const one = object()
    one.open()
    one.noteBlob('a')
    one.checked('a')
    one.forgetBlob('a')
    expect(one.open()).toMatchObject({ ok: true, value: { status: 'open', checked: null } })
  })
})

describe('an upload in parts', () => {
  test('lives for seven days from its beginning, whatever its URL says', () => {
    const one = object()
    one.open('multipart')
    one.wait(partsLiveMs - 1)
    expect(code(one.notePart(1))).toBe('ok')
    one.wait(1)
    expect([code(one.state()), code(one.admit('multipart')), code(one.notePart(2)), code(one.open('multipart'))]).toEqual(
      Array(4).fill('resource/gone'),
    )
  })

  test('is found as it was begun: the first multipart upload of R2 stays', () => {
    const one = object()
    one.open('multipart')
    const again = one.open('multipart', { ...multipart, blobId: 'other', r2UploadId: 'other' })
    expect(again).toMatchObject({ ok: true, value: { multipart: { blobId: 'blob' } } })
    expect(one.leftovers().blobIds).toEqual(['blob'])
  })

  test('stays in its mode', () => {
    const one = object()
    one.open('tus')
    expect([one.open('single'), one.open('multipart'), one.admit('multipart')].map(code)).toEqual(Array(3).fill('resource/conflict'))
  })

  test('has a bound on what is sent to it', () => {
    const one = object()
    one.open('multipart')
    let admitted = 0
    while (code(one.admit('multipart')) === 'ok') admitted += 1
    // A hundred, and ten for each of its three parts; one was its beginning.
    expect(admitted).toBe(129)
    expect(code(one.admit('multipart'))).toBe('rate_limit/exceeded')
  })

  test('advances only from where it stands', () => {
    const one = object()
    one.open('tus')
    expect([one.advance(0, 10), one.advance(0, 12), one.advance(10, 20, true)]).toEqual([true, false, true])
    expect(one.state()).toMatchObject({ ok: true, value: { offset: 20, hasTail: true } })
  })

  test('can be aborted until its media may be made, again and again', () => {
    const [open, assembled, checked, done] = [object(), object(), object(), object()]
    for (const one of [open, assembled, checked, done]) one.open('multipart')
    for (const one of [assembled, checked, done]) one.assembled()
    for (const one of [checked, done]) one.checked('blob')
    done.done('blob')
    expect([open.end(), open.end(), assembled.end(), checked.end(), done.end()].map(code)).toEqual([
      'ok',
      'ok',
      'ok',
      'resource/conflict',
      'resource/conflict',
    ])
    expect([code(assembled.checked('blob')), code(open.notePart(1))]).toEqual(['resource/gone', 'resource/gone'])
  })

  test('that was refused its media has ended', () => {
    const one = object()
    one.open('multipart')
    one.assembled()
    one.checked('blob')
    one.forgetBlob('blob')
    expect(code(one.state())).toBe('resource/gone')
  })
})

test('in whatever order it is asked: what is checked once stays, what is done stays, and no blob is forgotten unasked', () => {
  const blob = fc.constantFrom('a', 'b', 'blob')
  const mode = fc.constantFrom<UploadMode>('single', 'multipart', 'tus')
  const ask = fc.oneof(
    fc.record({ do: fc.constant('open' as const), mode }),
    fc.record({ do: fc.constant('admit' as const), mode }),
    fc.record({ do: fc.constantFrom('noteBlob' as const, 'checked' as const, 'done' as const), blob }),
    fc.record({ do: fc.constantFrom('assembled' as const, 'end' as const, 'sleep' as const) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 8 * day }) }),
  )
  fc.assert(
    fc.property(fc.array(ask, { maxLength: 40 }), (asked) => {
      const one = object()
      const noted = new Set<string>()
      let checked: string | undefined
      let wasDone = false
      let madeOf: string | undefined
      for (const step of asked) {
        const before = one.kept
        if (step.do === 'open' && one.open(step.mode).ok && before === null && step.mode !== 'single') noted.add('blob')
        if (step.do === 'admit') one.admit(step.mode)
        if (step.do === 'noteBlob' && one.noteBlob(step.blob).ok) noted.add(step.blob)
        if (step.do === 'checked') {
          const answer = one.checked(step.blob)
          if (answer.ok && !wasDone) {
            checked ??= answer.value.checked?.blobId
            expect(answer.value.checked?.blobId).toBe(checked)
          }
        }
        if (step.do === 'done' && one.kept !== null) {
          one.done(step.blob)
          wasDone = true
          madeOf = one.kept?.media?.blobId
        }
        if (step.do === 'assembled') one.assembled()
        if (step.do === 'end') one.end()
        if (step.do === 'sleep' && one.kept !== null) one.sleep()
        if (step.do === 'wait') one.wait(step.ms)
        if (one.kept === null) {
          // Nobody has said that it was swept: forgotten is what has left nothing but the bytes of its media.
          expect([...noted].filter((blobId) => blobId !== madeOf)).toEqual([])
          continue
        }
        expect(new Set(one.leftovers().blobIds)).toEqual(noted)
        if (wasDone) expect(one.kept.status).toBe('done')
        expect(Number.isFinite(nextAlarmMs(one.kept, one.nowMs))).toBe(true)
      }
    }),
  )
})
