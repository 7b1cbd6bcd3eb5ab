import { describe, expect, it } from 'vitest';
import { apiBase } from '../../src/config/api-base.ts';

const at = (url: string) => apiBase({ CLOUDFLARE_API_BASE_URL: url });

describe('where the API is', () => {
  it.each([
    [{}, 'https://api.cloudflare.com/client/v4', 'default'],
    [{ CLOUDFLARE_API_BASE_URL: '' }, 'https://api.cloudflare.com/client/v4', 'default'],
  ])('%j', (env, value, origin) => {
    expect(apiBase(env)).toEqual({ value, origin });
  });

  it.each([
    ['https://proxy.example/cf/', 'https://proxy.example/cf'],
    ['https://proxy.example', 'https://proxy.example'],
    ['http://127.0.0.1:8788/client/v4', 'http://127.0.0.1:8788/client/v4'],
    ['http://127.9.9.9/v4', 'http://127.9.9.9/v4'],
    ['http://localhost:1/v4//', 'http://localhost:1/v4'],
    ['http://[::1]:8788/v4', 'http://[::1]:8788/v4'],
    ['http://2130706433/v4', 'http://127.0.0.1/v4'],
  ])('%s', (url, value) => {
    expect(at(url)).toEqual({ value, origin: 'CLOUDFLARE_API_BASE_URL' });
  });

  it.each([
    ['http://api.cloudflare.com/client/v4', /unencrypted to api\.cloudflare\.com/],
    ['http://127.0.0.1.evil.example/v4', /unencrypted/],
    ['http://localhost.evil.example/v4', /unencrypted/],
    ['http://10.0.0.1/v4', /unencrypted/],
    ['http://[::ffff:10.0.0.1]/v4', /unencrypted/],
    ['file:///etc/passwd', /has to be https/],
    ['https://api.example/v4?x=1', /query/],
    ['https://api.example/v4#x', /fragment/],
    ['api.example/v4', /not a URL/],
  ])('%s is refused', (url, message) => {
    const refused = {
      outcome: 'usage',
      code: 'bad_api_url',
      message: expect.stringMatching(message),
    };
    expect(() => at(url)).toThrowError(expect.objectContaining(refused));
  });

  it('refuses a password in it, without showing it', () => {
    const message = expect.not.stringContaining('hunter2');
    expect(() => at('https://ada:hunter2@api.example/')).toThrowError(
      expect.objectContaining({ code: 'bad_api_url', message }),
    );
  });
});
