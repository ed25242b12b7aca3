import { describe, expect, test } from 'vitest'
import { FairQueue } from '../../../domain/limits/fair-queue.ts'

const drained = (queue: FairQueue<string>): string[] => {
  const out: string[] = []
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) out.push(item)
  return out
}

describe('FairQueue', () => {
  test('keys take turns; within a key whoever came first is first', () => {
    const queue = new FairQueue<string>()
    for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.push(item[0] as string, item)
    expect(drained(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
    expect(queue.size).toBe(0)
    expect(queue.keys).toBe(0)
  })

  test('a newcomer waits one turn, however much another has queued', () => {
    const queue = new FairQueue<string>()
    for (let i = 0; i < 1000; i++) queue.push('flood', `flood${i}`)
    expect(queue.ahead('other')).toBe(1)
    queue.push('other', 'other')
    queue.shift()
    expect(queue.shift()).toBe('other')
  })

  test('what is ahead is what will be served before it', () => {
    const queue = new FairQueue<string>()
    for (const key of ['a', 'a', 'a', 'b', 'b', 'c']) queue.push(key, key)
    const ahead = queue.ahead('b')
    queue.push('b', 'mine')
    expect(drained(queue).indexOf('mine')).toBe(ahead)
    expect(queue.ahead('a')).toBe(0)
  })

  test('who goes away is forgotten, once', () => {
    const queue = new FairQueue<string>()
    for (const item of ['a1', 'a2', 'b1']) queue.push(item[0] as string, item)
    expect(queue.remove('a', 'a1')).toBe(true)
    expect(queue.remove('a', 'a1')).toBe(false)
    expect(queue.remove('nobody', 'a2')).toBe(false)
    expect(queue.size).toBe(2)
    expect(drained(queue)).toEqual(['a2', 'b1'])
  })
})
