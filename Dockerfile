# The tool itself, for whoever drills from a container. Nothing is written but in /work, so that it runs read-only:
#
#   docker build --tag offdrill .
#   docker run --rm --read-only --cap-drop ALL --user "$(id -u):$(id -g)" --volume "$PWD:/work" \
#     --env OFFDRILL_VAULT_TOKEN offdrill run drill.yaml --yes
#
# A drill with `command/run` needs the programs that it names: build on this image, and add them.
ARG NODE_IMAGE=node:24-slim
FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.ts scripts/bundle.ts scripts/
COPY src src
# The image's own node goes before the one of the development dependencies, which is not there without install scripts.
RUN PATH="$PATH:/build/node_modules/.bin" node scripts/build.ts \
  && chmod 755 dist/bin/offdrill.js \
  && npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
COPY --from=build /build/package.json /opt/offdrill/
COPY --from=build /build/node_modules /opt/offdrill/node_modules
COPY --from=build /build/dist /opt/offdrill/dist
RUN ln -s /opt/offdrill/dist/bin/offdrill.js /usr/local/bin/offdrill && NODE_DISABLE_COMPILE_CACHE=1 offdrill --version
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["offdrill"]
