/** The least that a Worker in front of a backend can do: the yardstick. */
export default {
  fetch(request: Request, env: { API_URL: string }): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    return fetch(new Request(env.API_URL + pathname + search, request));
  },
};
