/** The version of Firn's packages, all of which move together. */
export const version = "0.1.0";
