// Which of the translations there are somebody gets: the lookup of RFC 4647 section 3.4 (`en-US`, then `en`). Where it finds
// none, a tag that means the same is looked for, since one language is written in several ways: a device says `zh-Hans-CN`,
// the contract has `zh-CN` (Unicode's likely subtags, UTS 35). Pure.

/** One of `tags`, as it is written there; undefined where none fits, and the default language is to be shown. */
export function lookupLang(range: string, tags: readonly string[]): string | undefined {
  for (const prefix of prefixesOf(range.toLowerCase())) {
    const found = tags.find((tag) => tag.toLowerCase() === prefix)
    if (found !== undefined) return found
  }
  const likely = likelyTag(range)
  if (likely === null) return undefined
  // Not by the language alone: that would fill in another script than the one that is read.
  for (const prefix of prefixesOf(likely).slice(0, -1)) {
    const meant = likelyTag(prefix)
    const found = tags.find((tag) => likelyTag(tag) === meant)
    if (found !== undefined) return found
  }
  return undefined
}

/** The tag, and it shortened from the end, subtag by subtag. A subtag of one character only introduces the next. */
function prefixesOf(tag: string): string[] {
  const subtags = tag.split('-')
  return subtags
    .map((_, i) => subtags.slice(0, subtags.length - i))
    .flatMap((some) => ((some.at(-1) ?? '').length > 1 ? [some.join('-')] : []))
}

/** Language, script and region, with what is not said filled in; null where nothing is known of the tag. */
function likelyTag(tag: string): string | null {
  try {
    const { language, script, region } = new Intl.Locale(tag).maximize()
    return [language, script, region].filter((part) => part !== undefined).join('-')
  } catch {
    return null
  }
}
