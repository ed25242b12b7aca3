import { describe, expect, test } from 'vitest'
import { addressKey, addressLimit } from '../../../workers/edge/limits/address-limit.ts'

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:207', '192.0.2.7'],
  ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:ffff::1', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8:0:0:1::', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['unknown', 'unknown'],
])('%s is counted as %s', (address, key) => {
  expect(addressKey(address)).toBe(key)
})

describe('the binding', () => {
  const limit = { quota: 3, windowSeconds: 60 }

  test('decides, by the key', async () => {
    const keys: string[] = []
    const stand = {
      limit: async ({ key }: { key: string }) => {
        keys.push(key)
        return { success: keys.length < 2 }
      },
    }
    const passes = addressLimit(stand, limit, { now: () => 0, report: () => undefined })
    expect([await passes('2001:db8::1'), await passes('2001:db8::2')]).toEqual([true, false])
    expect(keys).toEqual(['2001:db8:0:0::/64', '2001:db8:0:0::/64'])
  })

  test('throws: this isolate counts each address by itself, and says so once a second', async () => {
    let nowMs = 0
    const events: object[] = []
    const broken = { limit: () => Promise.reject(new Error('no binding today')) }
    const passes = addressLimit(broken, limit, { now: () => nowMs, report: (event) => void events.push(event) })
    const tries = []
    for (let i = 0; i < 5; i++) tries.push(await passes('192.0.2.7'))
    expect(tries).toEqual([true, true, true, false, false])
    expect(await passes('192.0.2.8')).toBe(true)
    expect(events).toEqual([{ event: 'address_limit/unavailable', message: 'no binding today' }])
    nowMs += 20_000
    expect([await passes('192.0.2.7'), await passes('192.0.2.7')]).toEqual([true, false])
    expect(events).toHaveLength(2)
  })
})
