import { describe, expect, test } from 'vitest'
import { flawIn, freeFormObject } from '../../../domain/resources/free-form.ts'
import { rewardRule } from '../../../domain/resources/reward-rule.ts'
import { activityLogInput } from '../../../workers/app/activity-log-input.ts'

const log = (additionalData: string) =>
  activityLogInput.safeParse({ activityId: 'walk', userId: 'ada', additionalData: JSON.parse(additionalData) })

describe('free-form JSON', () => {
  test.each([
    ['{"a":"x\\u0000y"}', ['a']],
    ['{"a":{"b":["ok","\\ud800"]}}', ['a', 'b', 1]],
    ['{"a":[{"\\udc00":1}]}', ['a', 0, '\udc00']],
    ['{"a":{"__proto__":{"polluted":true}}}', ['a', '__proto__']],
    ['{"__proto__":1}', ['__proto__']],
    ['{"a":[1,-1e400]}', ['a', 1]],
  ])('%s is refused with its place', (text, path) => {
    expect(flawIn(JSON.parse(text))?.path).toEqual(path)
    expect(log(text).error?.issues).toMatchObject([{ path: ['additionalData', ...path] }])
  })

  test.each(['{}', '{"":{"constructor":["\\ud83d\\ude00",null,true,-0,0.1,5e-324]}}', '{"toString":1,"a__proto__":2}'])(
    '%s is taken as it is',
    (text) => {
      expect(flawIn(JSON.parse(text))).toBeNull()
      expect(log(text).data?.additionalData).toEqual(JSON.parse(text))
    },
  )

  test.each(['[]', 'null', '1', '"x"'])('%s is no object', (text) => expect(freeFormObject.safeParse(JSON.parse(text)).success).toBe(false))
})

test('an expression says nothing either that could not be kept', () => {
  const condition = rewardRule.create.shape.matchCondition as typeof freeFormObject
  expect(condition.safeParse({ '==': [{ var: 'a' }, 'x\u0000'] }).error?.issues).toMatchObject([{ path: ['==', 1] }])
  expect(condition.safeParse({ '>': [{ var: 'a' }, Number.POSITIVE_INFINITY] }).error?.issues).toMatchObject([{ path: ['>', 1] }])
  expect(condition.safeParse({ '>': [{ var: 'a' }, 1] }).success).toBe(true)
  expect(condition.safeParse(undefined).success).toBe(false)
})
