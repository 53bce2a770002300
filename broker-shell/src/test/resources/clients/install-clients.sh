#!/usr/bin/env bash
# Installs the clients that the integration tests drive beside the Java client: kcat, confluent_kafka and kafka-python
# from Debian, kafkajs and two clients of schema registries from npm. Usage: install-clients.sh DIRECTORY-FOR-NODE-MODULES
# Each client is installed on its own: one that cannot be had does not keep the others away, its tests are skipped.
set -u
node_directory="$1"

have_python_module() { /usr/bin/python3 -c "import $1" 2>/dev/null; }

packages=()
command -v kcat >/dev/null || packages+=(kcat)
have_python_module confluent_kafka || packages+=(python3-confluent-kafka)
have_python_module kafka || packages+=(python3-kafka)

if [ "${#packages[@]}" -gt 0 ]; then
  apt-get update -q || echo "apt-get update failed"
  for package in "${packages[@]}"; do
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$package" || echo "cannot install $package"
  done
fi

if command -v npm >/dev/null && [ ! -d "$node_directory/node_modules/kafkajs" ]; then
  npm install --no-audit --no-fund --prefix "$node_directory" kafkajs@2.2.4 || echo "cannot install kafkajs"
fi
for package in @confluentinc/schemaregistry@1.10.1 @kafkajs/confluent-schema-registry@3.9.0; do
  if command -v npm >/dev/null && [ ! -d "$node_directory/node_modules/${package%@*}" ]; then
    npm install --no-audit --no-fund --prefix "$node_directory" "$package" || echo "cannot install $package"
  fi
done
exit 0

