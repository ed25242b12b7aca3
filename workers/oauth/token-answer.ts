// What POST /oauth2/token answers (RFC 6749 section 5.1), whichever grant was asked for.

export interface TokenAnswer {
  access_token: string
  token_type: 'Bearer'
  /** Seconds from now. */
  expires_in: number
  scope?: string
  refresh_token?: string
}
