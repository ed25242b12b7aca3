// What is left of an upload that is over, until it is swept and forgotten.

import { describe, expect, test } from 'vitest'
import { partsLiveMs, singlePutMs } from '../../../durable-objects/upload/upload-life.ts'
import { code, day, grant, minute, object, startMs } from './simulated-upload.ts'

describe('what is left of it', () => {
  test('is swept soon after it is done, and asked for until it was', () => {
    const one = object()
    one.open()
    one.noteBlob('a')
    one.noteBlob('b')
    one.checked('b')
    one.done('b')
    expect(one.leftovers()).toEqual({ blobIds: ['a', 'b'], multipart: null, isOver: true, kept: 'b' })
    const asked: number[] = []
    for (let i = 0; i < 10; i++) if (one.sleep()) asked.push((one.nowMs - startMs) / minute)
    expect(asked).toEqual([1, 2, 4, 8, 16, 32, 64, 124, 184, 244])
    one.swept(['a', 'b'])
    expect(one.sleep()).toBe(false)
    expect(one.kept).toBeNull()
    expect(one.nowMs).toBe(startMs + day)
  })

  test('needs no sweep where it is nothing but what the media was made of', () => {
    const [put, parts, tus, equal, refused] = [object(), object(), object(), object(), object()]
    refused.open()
    expect([refused.sleep(), refused.kept]).toEqual([false, null])
    put.open()
    parts.open('multipart')
    tus.open('tus')
    equal.open()
    for (const one of [put, equal]) one.noteBlob('blob')
    for (const one of [put, parts, tus, equal]) one.checked('blob')
    for (const one of [put, parts, tus]) one.done('blob')
    // Equal bytes were there already: its own are deleted, and forgotten.
    equal.done('earlier')
    const sweeps = [put, parts, tus].map((one) => one.sleep())
    expect(sweeps).toEqual([false, false, true])
    equal.forgetBlob('blob')
    expect([equal.sleep(), equal.kept]).toEqual([false, null])
  })

  test('is swept again where something was begun meanwhile', () => {
    const one = object()
    one.open()
    one.noteBlob('a')
    one.wait(singlePutMs)
    one.sleep()
    expect(one.leftovers().blobIds).toEqual(['a'])
    one.swept([])
    expect(one.sleep()).toBe(true)
    one.swept(['a'])
    expect([one.sleep(), one.kept]).toEqual([false, null])
  })

  test('is not swept before it is over', () => {
    const one = object()
    one.open('multipart')
    one.swept(['blob'])
    expect(one.leftovers()).toMatchObject({ isOver: false, blobIds: ['blob'] })
    expect(one.sleep()).toBe(true)
    expect(one.nowMs).toBe(startMs + partsLiveMs)
  })

  test('an ended one is remembered until its URL has expired', () => {
    const one = object()
    one.open('multipart')
    one.end()
    one.sleep()
    one.swept(['blob'])
    expect(code(one.open('multipart'))).toBe('resource/gone')
    expect(one.sleep()).toBe(false)
    expect([one.kept, one.nowMs]).toEqual([null, grant.expiresAtMs])
  })

  test('a media that was made though its upload was thought to be over is kept', () => {
    const one = object()
    one.open('multipart')
    one.assembled()
    one.checked('blob')
    one.wait(partsLiveMs)
    expect(one.sleep()).toBe(true)
    one.done('blob')
    expect(one.leftovers()).toMatchObject({ kept: 'blob' })
    expect(one.admit('multipart')).toMatchObject({ ok: true, value: { status: 'done' } })
  })
})
