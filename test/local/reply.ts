/** Bytes in a mebibyte. */
export const MIB = 1024 * 1024;

interface Envelope {
  success: boolean;
  result: unknown;
  errors: { code: number; message: string }[];
}

/** A refusal as Cloudflare's clients see it: the HTTP status, and the first code of the envelope. */
export async function failure(
  response: Response,
): Promise<{ status: number; code: number | undefined; message: string | undefined }> {
  const { success, result, errors } = (await response.json()) as Envelope;
  if (success || result !== null) throw new Error(`not a refusal: ${response.status}`);
  return { status: response.status, code: errors[0]?.code, message: errors[0]?.message };
}
