import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generated, policyFolder } from './policy-texts.ts'

test('the bundled texts are those of the files', async () => {
  await expect(generated()).toMatchFileSnapshot(join(policyFolder, 'policy-texts.ts'))
})
