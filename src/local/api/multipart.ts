/**
 * The parts of a `multipart/form-data` body, byte for byte. The platform's own reader decodes a part without
 * a file name as text, which would change a binary value.
 */
import {
  getMultipartBoundary,
  MaxFileSizeExceededError,
  MaxTotalSizeExceededError,
  MultipartParseError,
  parseMultipartStream,
} from '@remix-run/multipart-parser';
import { VALUE_BYTES } from './limits.ts';
import { badRequest, tooLarge } from './reply.ts';

/** Room for the metadata and the headers of the parts. */
const BESIDE_VALUE_BYTES = 1024 * 1024;

export function isMultipart(request: Request): boolean {
  return /^multipart\/form-data\s*(;|$)/i.test(request.headers.get('content-type') ?? '');
}

/**
 * Name → bytes, the first part of each name.
 * @throws ApiFailure 400 for a body or a boundary that is none, 413 for a part over 25 MiB.
 */
export async function readParts(request: Request): Promise<Map<string, Uint8Array>> {
  const boundary = getMultipartBoundary(request.headers.get('content-type') ?? '')?.trim();
  if (!boundary) throw badRequest('The multipart content type has no boundary');
  const parts = new Map<string, Uint8Array>();
  const limits = { maxFileSize: VALUE_BYTES, maxTotalSize: VALUE_BYTES + BESIDE_VALUE_BYTES };
  try {
    for await (const part of parseMultipartStream(request.body ?? new Blob([]).stream(), {
      boundary,
      ...limits,
    })) {
      if (part.name !== undefined && !parts.has(part.name)) parts.set(part.name, part.bytes);
    }
  } catch (error) {
    throw refusal(error);
  }
  return parts;
}

function refusal(error: unknown): unknown {
  if (error instanceof MaxFileSizeExceededError || error instanceof MaxTotalSizeExceededError) {
    return tooLarge('Value', VALUE_BYTES);
  }
  if (error instanceof MultipartParseError) {
    return badRequest(`Could not parse the multipart body: ${error.message}`);
  }
  return error;
}
