// The credentials that a deployment was given, read in one place, so that none of the clients can forget a part of them.

import type { AwsCredentials } from './signer.ts'

/** As secrets name them. */
export interface CredentialSecrets {
  AWS_ACCESS_KEY_ID: string
  AWS_SECRET_ACCESS_KEY: string
  /** Of temporary credentials alone (AWS STS): the three belong together and end together. */
  AWS_SESSION_TOKEN?: string
}

export const credentialsOf = ({ AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN }: CredentialSecrets): AwsCredentials => ({
  accessKeyId: AWS_ACCESS_KEY_ID,
  secretAccessKey: AWS_SECRET_ACCESS_KEY,
  ...(AWS_SESSION_TOKEN !== undefined && { sessionToken: AWS_SESSION_TOKEN }),
})
