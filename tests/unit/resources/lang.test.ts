// Every tag of BCP 47 is a language, in one spelling; and which translation somebody gets by theirs.

import { describe, expect, it } from 'vitest'
import { lang, langNamed, langs } from '../../../domain/resources/lang.ts'
import { lookupLang } from '../../../domain/resources/lang-lookup.ts'

describe('a language', () => {
  it.each([
    // The contract's spelling, whatever the case.
    ['en', 'en'],
    ['EN', 'en'],
    ['zh-cn', 'zh-CN'],
    ['root', 'root'],
    // Other tags in their canonical form.
    ['en-US', 'en-US'],
    ['PT-br', 'pt-BR'],
    ['zh-hans', 'zh-Hans'],
    ['sr-latn-rs', 'sr-Latn-RS'],
    ['es-419', 'es-419'],
    ['de-CH-1901', 'de-CH-1901'],
    ['in', 'id'],
    ['iw', 'he'],
    // RFC 5646, appendix A: extended languages, private use, extensions, grandfathered tags.
    ['zh-cmn-Hans-CN', 'zh-Hans-CN'],
    ['zh-yue-HK', 'yue-HK'],
    ['sgn-ase', 'ase'],
    ['de-CH-x-phonebk', 'de-CH-x-phonebk'],
    ['az-Arab-x-AZE-derbend', 'az-Arab-x-aze-derbend'],
    ['x-whatever', 'x-whatever'],
    ['qaa-Qaaa-QM-x-southern', 'qaa-Qaaa-QM-x-southern'],
    ['en-a-myext-b-another', 'en-a-myext-b-another'],
    ['de-DE-u-co-phonebk', 'de-DE-u-co-phonebk'],
    ['i-enochian', 'i-enochian'],
    ['I-KLINGON', 'tlh'],
    ['zh-min', 'zh-min'],
    ['en-gb-oed', 'en-GB-oxendict'],
    ['sgn-BE-FR', 'sfb'],
  ])('%s is %s', (tag, kept) => {
    expect(lang.parse(tag)).toBe(kept)
    expect(lang.parse(kept)).toBe(kept)
  })

  it.each([
    '',
    'e',
    'en_US',
    'en-',
    '-en',
    'english!',
    'de-419-DE',
    'a-DE',
    'ar-a-aaa-b-bbb-a-ccc',
    'x-',
    'en-usa',
    `en-x-${'a-'.repeat(99)}b`,
  ])('is not %j', (tag) => {
    expect(lang.safeParse(tag).error?.issues).toMatchObject([{ message: 'A language tag (BCP 47), like en or pt-BR.' }])
  })

  it('of the contract is its own name', () => {
    expect(langs.filter((tag) => langNamed(tag) !== tag)).toEqual([])
  })
})

describe('a translation is found', () => {
  it.each([
    ['by its own tag', 'de-CH', ['de', 'de-CH'], 'de-CH'],
    ['by the tag shortened from the end', 'en-US', ['de', 'en'], 'en'],
    ['subtag by subtag', 'zh-Hant-CN-x-private1', ['zh', 'zh-Hant'], 'zh-Hant'],
    ['without what introduces an extension', 'de-u-co-phonebk', ['de'], 'de'],
    ['by private use', 'x-whatever', ['x-whatever'], 'x-whatever'],
    ['in any case', 'pt-br', ['pt-BR'], 'pt-BR'],
    ['by another tag for the same', 'zh-Hans', ['zh-TW', 'zh-CN'], 'zh-CN'],
    ['by the script that is meant', 'zh-HK', ['zh-CN', 'zh-TW'], 'zh-TW'],
    ['by the tag that was used before', 'he', ['iw'], 'iw'],
    ['never in another language', 'fr-CA', ['en', 'de'], undefined],
    ['never in another script', 'sr-Latn', ['sr-Cyrl'], undefined],
    ['nor by a tag that nothing is known of', 'i-enochian', ['en', 'root'], undefined],
  ])('%s: %s in %j', (_, range, tags, found) => {
    expect(lookupLang(range, tags)).toBe(found)
  })
})
