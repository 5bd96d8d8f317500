# The program in two steps: one that has compilers and the packages of development, and the image that runs.
FROM node:20.20-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY scripts ./scripts
COPY bin ./bin
COPY src ./src
COPY bench ./bench
COPY test ./test
COPY tsconfig.json ./
RUN node scripts/run.mjs build && npm prune --omit=dev --ignore-scripts && rm -rf dist/bench dist/test

FROM node:20.20-bookworm-slim
ENV NODE_ENV=production FANFARE_DATA=/data FANFARE_HOST=0.0.0.0 FANFARE_PORT=7070
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/bin ./bin
COPY --from=build /app/dist ./dist
COPY docker ./docker
RUN mkdir /data && chown node:node /data && ln -s /app/bin/fanfare.js /usr/local/bin/fanfare
USER node
VOLUME /data
EXPOSE 7070
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7070/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["fanfare"]
CMD ["serve"]
