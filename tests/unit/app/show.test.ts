// Which translation of a resource is shown.

import { expect, it } from 'vitest'
import type { StoredResource } from '../../../domain/workspace/types.ts'
import { translationFor } from '../../../workers/app/show.ts'

const resource = {
  body: { defaultLang: 'de' },
  translations: [{ lang: 'en' }, { lang: 'de' }, { lang: 'zh-CN' }],
} as unknown as StoredResource

it.each([
  ['en-US', 'en'],
  ['de-AT', 'de'],
  ['zh-Hans', 'zh-CN'],
  ['fr', 'de'],
  [undefined, 'de'],
])('to somebody whose language is %s: %s', (lang, shown) => {
  expect(translationFor(resource, lang)).toEqual({ lang: shown })
})
