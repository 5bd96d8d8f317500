/** Digits that a double always holds; ids of the snowflake kind have 18 or 19. */
const EXACT_DIGITS = 15;
/** What every number that is quoted has in it; few messages have it at all. */
const MANY_DIGITS = /\d{15}/;
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const WHOLE = /^-?\d+$/;

/**
 * JSON text in which whole numbers of more than 15 digits have become strings: a Java `long` written as a number would
 * otherwise be read as another member's id. What is no JSON stays no JSON.
 */
export const quoteLargeNumbers = (json: string): string =>
  MANY_DIGITS.test(json)
    ? json.replace(STRING_OR_NUMBER, (token) =>
        token.length > EXACT_DIGITS && WHOLE.test(token) ? `"${token}"` : token,
      )
    : json;
