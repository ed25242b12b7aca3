// Languages as they are written and shown: every tag of BCP 47 (RFC 5646), in any case. A tag that the contract has is kept
// and shown as the contract spells it; any other in its canonical form (RFC 5646 section 4.5): `pt-br` is `pt-BR`, `zh-cmn`
// is `zh`. Well-formed is enough: whether a subtag is registered changes with every year's registry.
//
// The list is the contract's 312 (components.schemas.Lang), copied from it once; tests/contract holds the two equal. One
// string split at load: a tenth of the lines of an array literal.

import { z } from 'zod'

export const langs: string[] = `
  aa ab af agq ak am an ann apc ar arn as asa ast az ba bal bas be bem bew bez bg bgc bgn bho blo blt bm bn bo br brx bs bss byn ca cad
  cch ccp ce ceb cgg cho chr cic ckb co cs csw cu cv cy da dav de dje doi dsb dua dv dyo dz ebu ee el en eo es et eu ewo fa ff fi fil
  fo fr frr fur fy ga gaa gd gez gl gn gsw gu guz gv ha haw he hi hnj hr hsb hu hy ia id ie ig ii io is it iu ja jbo jgo jmc jv ka kaa
  kab kaj kam kcg kde kea ken kgp khq ki kk kkj kl kln km kn ko kok kpe ks ksb ksf ksh ku kw kxv ky la lag lb lg lij lkt lld lmo ln lo
  lrc lt ltg lu luo luy lv mai mas mdf mer mfe mg mgh mgo mhn mi mic mk ml mn mni moh mr ms mt mua mus my myv mzn naq nb nd nds ne nl
  nmg nn nnh no nqo nr nso nus nv ny nyn oc om or os osa pa pap pcm pis pl prg ps pt qu quc raj rhg rif rm rn ro rof root ru rw rwk sa
  sah saq sat sbp sc scn sd sdh se seh ses sg shi shn si sid sk skr sl sma smj smn sms sn so sq sr ss ssy st su sv sw syr szl ta te teo
  tg th ti tig tk tn to tok tpi tr trv trw ts tt twq tyv tzm ug uk ur uz vai ve vec vi vmw vo vun wa wae wal wbp wo xh xnr xog yav yi
  yo yrl yue za zgh zh-CN zh-TW zu
`
  .trim()
  .split(/\s+/)

/**
 * Tags from before RFC 4646 that its grammar does not know (RFC 5646 section 2.2.8), and what the registry prefers; those
 * without an equal stay as they are. The other such tags have the form of any tag, and the runtime replaces them.
 */
const grandfathered = `
  art-lojban=jbo cel-gaulish en-GB-oed=en-GB-oxendict i-ami=ami i-bnn=bnn i-default i-enochian i-hak=hak i-klingon=tlh i-lux=lb i-mingo
  i-navajo=nv i-pwn=pwn i-tao=tao i-tay=tay i-tsu=tsu no-bok=nb no-nyn=nn sgn-BE-FR=sfb sgn-BE-NL=vgt sgn-CH-DE=sgg zh-guoyu=zh
  zh-hakka=hak zh-min zh-min-nan=nan zh-xiang=hsn
`
  .trim()
  .split(/\s+/)
  .map((entry): [string, string] => {
    const [tag = '', preferred = tag] = entry.split('=')
    return [tag.toLowerCase(), preferred]
  })

/** By the lower-cased tag. */
const spellings = new Map([...grandfathered, ...langs.map((one): [string, string] => [one.toLowerCase(), one])])

/** RFC 5646 asks for room for 35 characters; extensions and private use may take more. */
const longestTag = 128

/** An extended language stands for itself: `zh-yue-HK` is `yue-HK` (RFC 5646 section 4.5). The registry has them for these alone. */
const beforeExtended = /^(?:ar|kok|lv|ms|sgn|sw|uz|zh)-(?=[a-z]{3}(?:-|$))/

/** The tag as it is kept and shown; null where it is none. */
export function langNamed(tag: string): string | null {
  const lower = tag.toLowerCase()
  const known = spellings.get(lower)
  if (known !== undefined) return known
  if (tag.length > longestTag) return null
  // Private use alone, which Unicode's locales do not have.
  if (/^x(?:-[a-z0-9]{1,8})+$/.test(lower)) return lower
  const canonical = canonicalTag(lower.replace(beforeExtended, ''))
  return canonical === null ? null : (spellings.get(canonical.toLowerCase()) ?? canonical)
}

function canonicalTag(tag: string): string | null {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null
  } catch {
    return null
  }
}

export const lang = z
  .string()
  .refine((tag) => langNamed(tag) !== null, { error: 'A language tag (BCP 47), like en or pt-BR.' })
  .overwrite((tag) => langNamed(tag) ?? tag)
  // An open enumeration: what the contract lists, and what else there is.
  .meta({ id: 'Lang', anyOf: [{ enum: langs }, { type: 'string', maxLength: longestTag }] })
