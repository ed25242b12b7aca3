// Which image a query asks for: nothing outside the allowed set, and one key for one picture.

import { describe, expect, test } from 'vitest'
import {
  asksForVariant,
  extensionOf,
  isTransformable,
  type VariantQuery,
  variantName,
  variantOf,
  variantQuery,
} from '../../../workers/media/variant.ts'

const parsed = (query: Record<string, unknown>): VariantQuery => variantQuery.parse(query)
const nameOf = (query: Record<string, string>, contentType = 'image/jpeg', accept: string | null = null) => {
  const variant = variantOf(parsed(query), contentType, accept)
  return variant && variantName(variant)
}

describe('what is allowed', () => {
  test('each size, fit, format and quality of the set', () => {
    const sizes = ['64', '128', '256', '512', '1024', '2048']
    for (const size of sizes) expect(nameOf({ w: size, h: size })).toBe(`${size}x${size}_scale-down_jpg_80`)
    const fits = ['scale-down', 'contain', 'cover', 'pad'].map((fit) => nameOf({ w: '64', h: '128', fit }))
    expect(fits).toEqual(['64x128_scale-down_jpg_80', '64x128_contain_jpg_80', '64x128_cover_jpg_80', '64x128_pad_jpg_80'])
    const formats = ['avif', 'webp', 'jpeg', 'png'].map((format) => nameOf({ w: '64', format }))
    expect(formats).toEqual(['64x0_scale-down_avif_80', '64x0_scale-down_webp_80', '64x0_scale-down_jpg_80', '64x0_scale-down_png_80'])
    expect(['60', '80', '90'].map((q) => nameOf({ w: '64', q }))).toEqual([60, 80, 90].map((q) => `64x0_scale-down_jpg_${q}`))
  })

  test.each([
    [{ w: '65' }, 'w', '64, 128, 256, 512, 1024, 2048'],
    [{ w: '064' }, 'w', '64, 128'],
    [{ w: ' 64' }, 'w', '64, 128'],
    [{ w: '64.0' }, 'w', '64, 128'],
    [{ w: '' }, 'w', '64, 128'],
    [{ w: ['64', '64'] }, 'w', 'Given once'],
    [{ h: '4096' }, 'h', '2048'],
    [{ h: '-64' }, 'h', '2048'],
    [{ fit: 'crop' }, 'fit', 'scale-down, contain, cover, pad'],
    [{ fit: 'Cover' }, 'fit', 'cover'],
    [{ format: 'gif' }, 'format', 'auto, avif, webp, jpeg, png'],
    [{ format: 'jpg' }, 'format', 'jpeg'],
    [{ q: '75' }, 'q', '60, 80, 90'],
    [{ q: '1e2' }, 'q', '60, 80, 90'],
  ])('%j is refused, by name and with what is allowed', (query, name, allowed) => {
    const { success, error } = variantQuery.safeParse(query)
    expect(success).toBe(false)
    expect(error?.issues.map(({ path }) => path)).toEqual([[name]])
    expect(error?.issues[0]?.message).toContain(allowed)
  })

  test('what is not known is ignored', () => {
    expect(asksForVariant(parsed({ utm_source: 'mail', width: '3', W: '7' }))).toBe(false)
  })

  test('there are fewer variants of an image than could fill anything', () => {
    const sizes = [undefined, '64', '128', '256', '512', '1024', '2048']
    const names = new Set<string | null>()
    for (const w of sizes)
      for (const h of sizes)
        for (const fit of ['scale-down', 'contain', 'cover', 'pad'])
          for (const format of [undefined, 'auto', 'avif', 'webp', 'jpeg', 'png'])
            for (const q of [undefined, '60', '80', '90']) {
              const given = Object.entries({ w, h, fit, format, q }).filter(([, value]) => value !== undefined)
              names.add(nameOf(Object.fromEntries(given) as Record<string, string>, 'image/jpeg', 'image/avif'))
            }
    expect(names.size).toBeLessThan(1600)
  })
})

describe('one picture has one name', () => {
  test.each([
    [{ w: '64' }, { w: '64', q: '80' }],
    [{ w: '64' }, { w: '64', fit: 'cover' }],
    [
      { w: '64', h: '64' },
      { w: '64', h: '64', fit: 'scale-down' },
    ],
    [{ w: '64' }, { w: '64', format: 'jpeg' }],
    [
      { w: '64', format: 'png' },
      { w: '64', format: 'png', q: '60' },
    ],
  ] as Record<string, string>[][])('%j is %j', (one, other) => {
    expect(nameOf(one as Record<string, string>)).toBe(nameOf(other as Record<string, string>))
  })

  test.each<[Record<string, string>, string]>([
    [{ fit: 'cover' }, 'image/jpeg'],
    [{ format: 'jpeg' }, 'image/jpeg'],
    [{ format: 'webp' }, 'image/webp'],
    [{ format: 'png', q: '60' }, 'image/png'],
    [{ q: '90' }, 'image/png'],
    [{ format: 'auto' }, 'image/jpeg'],
    [{ format: 'auto' }, 'image/gif'],
  ])('%j of %s changes nothing', (query, contentType) => {
    expect(nameOf(query, contentType)).toBeNull()
    expect(asksForVariant(parsed(query))).toBe(true)
  })

  test('a quality alone is a change where quality is lost', () => {
    expect(nameOf({ q: '60' })).toBe('0x0_scale-down_jpg_60')
  })
})

describe('format=auto', () => {
  const auto = (accept: string | null, contentType = 'image/jpeg') =>
    nameOf({ format: 'auto', w: '64' }, contentType, accept)?.split('_')[2]

  test.each([
    ['image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8', 'avif'],
    ['image/webp,*/*;q=0.8', 'webp'],
    ['IMAGE/WEBP', 'webp'],
    ['image/avif;q=0, image/webp', 'webp'],
    ['image/avif;q=0.0,image/webp;q=0.000', 'jpg'],
    ['image/avif ; q=0.001', 'avif'],
    ['image/avif;q=1.000', 'avif'],
    ['image/webp;q=0.9,image/avif;q=0.1', 'avif'],
    ['image/avif;q=2, image/webp;q=x', 'jpg'],
    ['image/avif;q=', 'jpg'],
    ['image/avifx, ximage/webp', 'jpg'],
    ['image/*, */*', 'jpg'],
    ['', 'jpg'],
    [null, 'jpg'],
  ])('of %j is %s', (accept, format) => {
    expect(auto(accept)).toBe(format)
  })

  test('is the original’s own format where neither is accepted; a GIF stands still then, and else may move', () => {
    expect(['image/png', 'image/webp', 'image/gif'].map((type) => auto('*/*', type))).toEqual(['png', 'webp', 'png'])
    expect(nameOf({ w: '64' }, 'image/gif')).toBe('64x0_scale-down_webp_80')
  })
})

describe('what can be transformed', () => {
  const image = { contentType: 'image/png', size: 1000, width: 100, height: 100 }
  const refusal = (over: object) => {
    const result = isTransformable({ ...image, ...over })
    return result.ok ? null : result.error.code
  }

  test.each(['image/jpeg', 'image/png', 'image/webp', 'image/gif'])('%s can', (contentType) => {
    expect(refusal({ contentType })).toBeNull()
  })

  test.each(['image/svg+xml', 'image/tiff', 'image/bmp', 'video/mp4', 'application/pdf', 'text/plain'])('%s cannot', (contentType) => {
    expect(refusal({ contentType })).toBe('business/invalid_operation')
  })

  test('up to 100 megapixels and 20 MiB', () => {
    expect(refusal({ width: 10_000, height: 10_000, size: 20 * 1024 * 1024 })).toBeNull()
    expect(refusal({ width: 10_001, height: 10_000 })).toBe('business/invalid_operation')
    expect(refusal({ size: 20 * 1024 * 1024 + 1 })).toBe('business/invalid_operation')
    expect(refusal({ width: undefined, height: undefined })).toBeNull()
  })
})

test('a format is saved under the name that it usually has', () => {
  expect((['image/jpeg', 'image/png', 'image/webp', 'image/avif'] as const).map(extensionOf)).toEqual(['jpg', 'png', 'webp', 'avif'])
})
