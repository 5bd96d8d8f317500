declare const brand: unique symbol;

/** A base type that only its own constructor function may mint. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
